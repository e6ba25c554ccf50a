using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>A checked chat completion request. Texts are slices of the body, so that they are copied without being decoded.</summary>
internal sealed class ChatRequest
{
    /// <summary>The model as the client named it.</summary>
    public string Model { get; set; } = "";

    /// <summary>The messages in order.</summary>
    public List<ChatMessage> Messages { get; } = [];

    /// <summary>The text parts of all messages, in order.</summary>
    public List<JsonSlice> Texts { get; } = [];

    /// <summary><c>temperature</c>, 0 to 2.</summary>
    public double? Temperature { get; set; }

    /// <summary><c>top_p</c>, 0 to 1.</summary>
    public double? TopP { get; set; }

    /// <summary><c>top_k</c>, an extension.</summary>
    public int? TopK { get; set; }

    /// <summary><c>max_completion_tokens</c>, else <c>max_tokens</c>.</summary>
    public int? MaxTokens { get; set; }

    /// <summary><c>presence_penalty</c>, -2 to 2.</summary>
    public double? PresencePenalty { get; set; }

    /// <summary><c>frequency_penalty</c>, -2 to 2.</summary>
    public double? FrequencyPenalty { get; set; }

    /// <summary><c>seed</c>.</summary>
    public long? Seed { get; set; }

    /// <summary><c>stop</c>, without empty strings.</summary>
    public List<JsonSlice> Stop { get; } = [];

    /// <summary><c>reasoning_effort</c>.</summary>
    public ReasoningEffort? Effort { get; set; }

    /// <summary><c>stream</c>.</summary>
    public bool Stream { get; set; }

    /// <summary><c>stream_options.include_usage</c>.</summary>
    public bool IncludeUsage { get; set; }

    /// <summary>What was left out or changed, in words for the header <c>x-gb-warnings</c>.</summary>
    public List<string> Warnings { get; } = [];
}

/// <summary>A message: who says it, and which texts.</summary>
/// <param name="Role">Who.</param>
/// <param name="FirstText">Index of its first text in <see cref="ChatRequest.Texts"/>.</param>
/// <param name="TextCount">How many texts it has.</param>
internal readonly record struct ChatMessage(ChatRole Role, int FirstText, int TextCount);

/// <summary>Who says a message.</summary>
internal enum ChatRole
{
    /// <summary><c>system</c> or <c>developer</c>.</summary>
    System,

    /// <summary><c>user</c>.</summary>
    User,

    /// <summary><c>assistant</c>.</summary>
    Assistant,
}

/// <summary>The words of <c>reasoning_effort</c>.</summary>
internal enum ReasoningEffort
{
    /// <summary><c>none</c>.</summary>
    None,

    /// <summary><c>minimal</c>.</summary>
    Minimal,

    /// <summary><c>low</c>.</summary>
    Low,

    /// <summary><c>medium</c>.</summary>
    Medium,

    /// <summary><c>high</c>.</summary>
    High,

    /// <summary><c>xhigh</c> or <c>max</c>.</summary>
    ExtraHigh,
}
