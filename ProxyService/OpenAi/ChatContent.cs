using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>A message: who says it, which parts, which calls. Parts and calls are ranges of the request's lists.</summary>
/// <param name="Index">Its place in <c>messages</c>.</param>
/// <param name="Role">Who.</param>
/// <param name="FirstPart">Index of its first part in <see cref="ChatRequest.Parts"/>.</param>
/// <param name="PartCount">How many parts it has.</param>
/// <param name="FirstCall">Index of its first call in <see cref="ChatRequest.Calls"/>.</param>
/// <param name="CallCount">How many functions it calls.</param>
/// <param name="ToolCallId">Of a tool's result: the call it answers, or the function's name in the older form.</param>
/// <param name="Signature">Thought signature of the message itself.</param>
/// <param name="ServerTools">What Google's own tools did before it: JSON objects, separated by commas; null for nothing.</param>
internal readonly record struct ChatMessage(
    int Index, ChatRole Role, int FirstPart, int PartCount, int FirstCall = 0, int CallCount = 0, string? ToolCallId = null, string? Signature = null, string? ServerTools = null);

/// <summary>Who says a message.</summary>
internal enum ChatRole
{
    /// <summary><c>system</c> or <c>developer</c>.</summary>
    System,

    /// <summary><c>user</c>.</summary>
    User,

    /// <summary><c>assistant</c>.</summary>
    Assistant,

    /// <summary><c>tool</c>, or <c>function</c> in the older form.</summary>
    Tool,
}

/// <summary>A part of a message: a text, or something to see, hear or read.</summary>
/// <param name="Text">The text, a slice of the body; none when it is media.</param>
/// <param name="Media">The media; null when it is a text.</param>
/// <param name="Signature">The thought signature a model gave this part alone; null when there is none.</param>
internal readonly record struct ContentPart(JsonSlice Text, MediaPart? Media = null, string? Signature = null);

/// <summary>An image, a recording, a film or a document. Holds the bytes as base64, or an address where they are.</summary>
internal sealed class MediaPart
{
    /// <summary>Where it stands in the request, for errors.</summary>
    public required FieldPath Field { get; init; }

    /// <summary>Its media type, as Gemini names it; null until it was fetched.</summary>
    public string? MimeType { get; set; }

    /// <summary>The base64 text in the body, when it can be copied as it stands.</summary>
    public JsonSlice Data { get; init; }

    /// <summary>The base64 text, when it is not in the body.</summary>
    public byte[]? OwnData { get; set; }

    /// <summary>Address of what is to be fetched, by us or by Gemini; null when the bytes are here.</summary>
    public Uri? Address { get; init; }

    /// <summary>Whether Gemini fetches the address itself.</summary>
    public bool FetchedUpstream { get; set; }

    /// <summary>How closely an image shall be looked at.</summary>
    public MediaDetail Detail { get; init; }

    /// <summary>Whether it must be an image.</summary>
    public bool MustBeImage { get; init; }
}

/// <summary>The words of <c>image_url.detail</c>.</summary>
internal enum MediaDetail
{
    /// <summary><c>auto</c>, or nothing.</summary>
    Auto,

    /// <summary><c>low</c>.</summary>
    Low,

    /// <summary><c>high</c>.</summary>
    High,
}

/// <summary>A function the assistant called.</summary>
/// <param name="Id">The call's id, without what some clients append to it.</param>
/// <param name="Name">The function's name as the client knows it.</param>
/// <param name="Arguments">A JSON object.</param>
internal sealed record ToolCall(string Id, string Name, JsonElement Arguments)
{
    /// <summary>The thought signature that came with the call; null when the client did not keep it.</summary>
    public string? Signature { get; set; }

    /// <summary>What Google's own tools did before the call, if the gateway remembers it: JSON objects, separated by commas.</summary>
    public string? ServerTools { get; set; }
}
