using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>
/// An answer of <c>generateContent</c>, or one event of <c>streamGenerateContent</c>. Values are slices of the bytes it was read from.
/// One instance is filled again and again along a stream.
/// </summary>
internal sealed class GenerateContentReply
{
    /// <summary>The candidates, in order.</summary>
    public List<GeminiCandidate> Candidates { get; } = [];

    /// <summary>The parts of all candidates, in order.</summary>
    public List<GeminiPart> Parts { get; } = [];

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

    /// <summary>Kinds of parts that have no translation.</summary>
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
internal readonly record struct GeminiCandidate(int Index, FinishReason FinishReason, string? FinishMessage, int FirstPart, int PartCount);

/// <summary>One part of an answer.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its raw JSON string.</param>
internal readonly record struct GeminiPart(GeminiPartKind Kind, JsonSlice Text);

/// <summary>What a part is.</summary>
internal enum GeminiPartKind
{
    /// <summary>Text of the answer.</summary>
    Text,

    /// <summary>Text of the model's thinking.</summary>
    Thought,
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
