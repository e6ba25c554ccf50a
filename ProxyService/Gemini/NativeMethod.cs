using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>A method of a model that the gateway passes on.</summary>
/// <param name="Name">Its name in the path.</param>
/// <param name="Operation">What it counts as.</param>
/// <param name="Streams">Whether its answer is a stream.</param>
internal sealed record NativeMethod(string Name, RequestOperation Operation, bool Streams)
{
    private static readonly NativeMethod[] Known =
    [
        new("generateContent", RequestOperation.NativeGemini, Streams: false),
        new("streamGenerateContent", RequestOperation.NativeGemini, Streams: true),
        new("countTokens", RequestOperation.CountTokens, Streams: false),
        new("embedContent", RequestOperation.NativeGemini, Streams: false),
        new("batchEmbedContents", RequestOperation.NativeGemini, Streams: false),
    ];

    /// <summary>Whether it asks a model to write: what another model could do as well.</summary>
    public bool Generates => Name.EndsWith("enerateContent", StringComparison.Ordinal);

    /// <summary>Whether it makes vectors of texts.</summary>
    public bool Embeds => Name.Contains("mbedContent", StringComparison.Ordinal);

    /// <summary>The method of a name, or null.</summary>
    public static NativeMethod? Find(ReadOnlySpan<char> name)
    {
        foreach (var method in Known)
        {
            if (name.SequenceEqual(method.Name))
            {
                return method;
            }
        }

        return null;
    }
}
