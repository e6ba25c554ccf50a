using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>A checked embeddings request. Texts are slices of the body, so that they are copied without being decoded.</summary>
internal sealed class EmbeddingRequest
{
    /// <summary>The model as the client named it.</summary>
    public string Model { get; set; } = "";

    /// <summary>The texts, each of which gets a vector.</summary>
    public List<JsonSlice> Inputs { get; } = [];

    /// <summary><c>dimensions</c>.</summary>
    public int? Dimensions { get; set; }

    /// <summary>Whether vectors are wanted as base64 of little-endian 32-bit floats, not as numbers: <c>encoding_format</c>.</summary>
    public bool Base64 { get; set; }

    /// <summary><c>task_type</c>, an extension: Gemini's word for what the vectors are for.</summary>
    public string? TaskType { get; set; }

    /// <summary><c>title</c>, an extension: of the document whose text is embedded.</summary>
    public JsonSlice Title { get; set; }

    /// <summary>What was left out or changed, in words for the header <c>x-gb-warnings</c>.</summary>
    public List<string> Warnings { get; } = [];
}
