namespace GeminiBalance.ProxyService.Gemini;

/// <summary>A model of the upstream's list.</summary>
/// <param name="Name">Its name, without <c>models/</c>.</param>
/// <param name="Json">All the upstream says of it, byte for byte.</param>
internal sealed record GeminiModel(string Name, ReadOnlyMemory<byte> Json);
