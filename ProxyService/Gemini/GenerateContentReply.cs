using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>
/// An answer of <c>generateContent</c>, or one event of <c>streamGenerateContent</c>. Values are slices of the bytes it was read from.
/// One instance is filled again and again along a stream.
/// </summary>
internal sealed class GenerateContentReply
{
    /// <summary>What its events have in common, where it is filled with those of a stream; null where it is a whole answer.</summary>
    public EventPattern? Pattern { get; init; }

    /// <summary>The candidates, in order.</summary>
    public List<GeminiCandidate> Candidates { get; } = new(1);

    /// <summary>The parts of all candidates, in order.</summary>
    public List<GeminiPart> Parts { get; } = new(1);

    /// <summary>Whether there was a field <c>candidates</c> or <c>promptFeedback</c> or <c>usageMetadata</c>: what makes JSON an answer of Gemini.</summary>
    public bool IsRecognised { get; set; }

    /// <summary>Whether the document is an error object instead.</summary>
    public bool IsError { get; set; }

    /// <summary>Whether there was a <c>promptFeedback</c> with a block reason or a block message.</summary>
    public bool IsBlocked { get; set; }

    /// <summary><c>promptFeedback.blockReason</c>.</summary>
    public string? BlockReason { get; set; }

    /// <summary><c>promptFeedback.blockReasonMessage</c>.</summary>
    public string? BlockMessage { get; set; }

    /// <summary><c>usageMetadata</c>; null when absent.</summary>
    public GeminiUsage? Usage { get; set; }

    /// <summary><c>modelVersion</c>; kept from event to event.</summary>
    public string? ModelVersion { get; set; }

    /// <summary><c>responseId</c>; kept from event to event.</summary>
    public string? ResponseId { get; set; }

    /// <summary>Whether there was a part of a kind newer than this program.</summary>
    public bool HasUnknownParts { get; set; }

    /// <summary>Makes room for the next event.</summary>
    public void Clear()
    {
        Candidates.Clear();
        Parts.Clear();
        IsRecognised = false;
        IsError = false;
        IsBlocked = false;
        BlockReason = null;
        BlockMessage = null;
        Usage = null;
        HasUnknownParts = false;
    }
}

/// <summary>One candidate answer.</summary>
/// <param name="Index">Its number; Gemini leaves 0 out.</param>
/// <param name="FinishReason">Why it ended; <see cref="Gemini.FinishReason.Absent"/> when it has not.</param>
/// <param name="FinishMessage">What Gemini says about it.</param>
/// <param name="FirstPart">Index of its first part in <see cref="GenerateContentReply.Parts"/>.</param>
/// <param name="PartCount">How many parts it has.</param>
/// <param name="Metadata">What is said beside its content.</param>
internal readonly record struct GeminiCandidate(int Index, FinishReason FinishReason, string? FinishMessage, int FirstPart, int PartCount, CandidateMetadata Metadata = default);

/// <summary>What is said of a candidate beside its content: raw JSON objects or arrays.</summary>
/// <param name="Grounding"><c>groundingMetadata</c>.</param>
/// <param name="Citations"><c>citationMetadata</c>.</param>
/// <param name="LogProbabilities"><c>logprobsResult</c>.</param>
/// <param name="UrlContext"><c>urlContextMetadata</c>.</param>
/// <param name="Safety"><c>safetyRatings</c>.</param>
internal readonly record struct CandidateMetadata(JsonSlice Grounding, JsonSlice Citations, JsonSlice LogProbabilities, JsonSlice UrlContext, JsonSlice Safety);

/// <summary>One part of an answer. All values are raw JSON.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">A text, the arguments of a call, base64, code, an output, an address, or the whole part.</param>
/// <param name="Name">Of a call the function, of media the type, of code the language, of an output how it ended.</param>
/// <param name="Id">Of a call its id.</param>
/// <param name="Signature">The part's thought signature.</param>
internal readonly record struct GeminiPart(GeminiPartKind Kind, JsonSlice Value, JsonSlice Name = default, JsonSlice Id = default, JsonSlice Signature = default);

/// <summary>What a part is.</summary>
internal enum GeminiPartKind
{
    /// <summary>Text of the answer; empty when the part only carries a signature.</summary>
    Text,

    /// <summary>Text of the model's thinking.</summary>
    Thought,

    /// <summary>A call of a function.</summary>
    FunctionCall,

    /// <summary>An image or a recording.</summary>
    Media,

    /// <summary>Code the model ran.</summary>
    Code,

    /// <summary>What that code printed.</summary>
    CodeOutput,

    /// <summary>A file.</summary>
    StoredFile,

    /// <summary>One of Google's own tools at work (<c>toolCall</c>, <c>toolResponse</c>): nothing for the client, but it must come back as it is. Its value is the whole part.</summary>
    ServerTool,
}

/// <summary><c>usageMetadata</c>: absent counts are 0.</summary>
/// <param name="Prompt"><c>promptTokenCount</c>.</param>
/// <param name="Candidates"><c>candidatesTokenCount</c>; thoughts are not in it.</param>
/// <param name="Thoughts"><c>thoughtsTokenCount</c>.</param>
/// <param name="Cached"><c>cachedContentTokenCount</c>; already in <paramref name="Prompt"/>.</param>
/// <param name="ToolUsePrompt"><c>toolUsePromptTokenCount</c>; not in <paramref name="Prompt"/>.</param>
/// <param name="Total"><c>totalTokenCount</c>, else the sum.</param>
/// <param name="PromptAudio">Audio tokens of the prompt, server-side tools included.</param>
/// <param name="CandidatesAudio">Audio tokens of the answer.</param>
internal readonly record struct GeminiUsage(long Prompt, long Candidates, long Thoughts, long Cached, long ToolUsePrompt, long Total, long PromptAudio, long CandidatesAudio);
