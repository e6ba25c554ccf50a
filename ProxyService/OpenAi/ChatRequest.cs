using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>A checked chat completion request. Texts and media are slices of the body, so that they are copied without being decoded.</summary>
internal sealed class ChatRequest
{
    /// <summary>More than a header holds are of no use to anybody, and each one is compared with all before it.</summary>
    private const int MostWarnings = 32;

    /// <summary>The model as the client named it.</summary>
    public string Model { get; set; } = "";

    /// <summary>The messages in order; empty ones are left out.</summary>
    public List<ChatMessage> Messages { get; } = [];

    /// <summary>The parts of all messages, in order.</summary>
    public List<ContentPart> Parts { get; } = [];

    /// <summary>The calls of all messages, in order.</summary>
    public List<ToolCall> Calls { get; } = [];

    /// <summary><c>temperature</c>, 0 to 2.</summary>
    public double? Temperature { get; set; }

    /// <summary><c>top_p</c>, 0 to 1.</summary>
    public double? TopP { get; set; }

    /// <summary><c>top_k</c>, an extension.</summary>
    public int? TopK { get; set; }

    /// <summary><c>max_completion_tokens</c>, else <c>max_tokens</c>.</summary>
    public int? MaxTokens { get; set; }

    /// <summary><c>n</c>.</summary>
    public int Choices { get; set; } = 1;

    /// <summary><c>presence_penalty</c>, -2 to 2.</summary>
    public double? PresencePenalty { get; set; }

    /// <summary><c>frequency_penalty</c>, -2 to 2.</summary>
    public double? FrequencyPenalty { get; set; }

    /// <summary><c>seed</c>.</summary>
    public long? Seed { get; set; }

    /// <summary><c>stop</c>, without empty strings.</summary>
    public List<JsonSlice> Stop { get; } = [];

    /// <summary><c>logprobs</c>.</summary>
    public bool LogProbabilities { get; set; }

    /// <summary><c>top_logprobs</c>, 0 to 20.</summary>
    public int? TopLogProbabilities { get; set; }

    /// <summary><c>reasoning_effort</c>.</summary>
    public ReasoningEffort? Effort { get; set; }

    /// <summary><c>tools</c> or <c>functions</c>, and what to do with them.</summary>
    public ToolSettings Tools { get; } = new();

    /// <summary><c>response_format</c>; null for free text.</summary>
    public ResponseFormat? Format { get; set; }

    /// <summary><c>modalities</c> other than text.</summary>
    public OutputModalities Modalities { get; set; }

    /// <summary><c>audio</c>; null when not given.</summary>
    public AudioOutput? Audio { get; set; }

    /// <summary><c>service_tier</c> as Gemini calls it; null for its default.</summary>
    public string? ServiceTier { get; set; }

    /// <summary>Google's own options, under <c>google</c> or <c>extra_body.google</c>.</summary>
    public GoogleOptions Google { get; } = new();

    /// <summary><c>prompt_cache_key</c>, else <c>user</c> or <c>safety_identifier</c>: requests that share it are best served from one project. Never sent on.</summary>
    public string? AffinityHint { get; set; }

    /// <summary><c>stream</c>.</summary>
    public bool Stream { get; set; }

    /// <summary><c>stream_options.include_usage</c>.</summary>
    public bool IncludeUsage { get; set; }

    /// <summary>What was left out or changed, in words for the header <c>x-gb-warnings</c>.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Notes what was left out or changed, once.</summary>
    public void Warn(string what)
    {
        if (Warnings.Count <= MostWarnings && !Warnings.Contains(what))
        {
            Warnings.Add(Warnings.Count < MostWarnings ? what : "and more");
        }
    }
}

/// <summary>Kinds of output beside text.</summary>
[Flags]
internal enum OutputModalities
{
    /// <summary>Text only.</summary>
    None = 0,

    /// <summary>Images.</summary>
    Image = 1,

    /// <summary>Speech.</summary>
    Audio = 2,
}

/// <summary>How speech shall sound.</summary>
/// <param name="Voice">The voice, as the client named it.</param>
/// <param name="Format">The format: <c>wav</c> or <c>pcm16</c>.</param>
internal sealed record AudioOutput(string? Voice, string? Format);

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
