using GeminiBalance.ProxyService.Gemini;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>What an ended answer is worth.</summary>
internal abstract record AnswerVerdict
{
    private AnswerVerdict()
    {
    }

    /// <summary>It is an answer.</summary>
    /// <param name="FinishReason">OpenAI's word: <c>stop</c>, <c>length</c>, <c>tool_calls</c> or <c>content_filter</c>.</param>
    internal sealed record Complete(string FinishReason) : AnswerVerdict;

    /// <summary>It holds nothing; asking again may help.</summary>
    /// <param name="Code">The error code, should asking again not help.</param>
    /// <param name="Message">What Gemini said about it, if anything.</param>
    internal sealed record Empty(string Code, string? Message) : AnswerVerdict;
}

/// <summary>What a candidate holds.</summary>
[Flags]
internal enum AnswerContent
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Text, thoughts, media or code.</summary>
    Shown = 1,

    /// <summary>Calls of functions.</summary>
    Calls = 2,
}

/// <summary>Translates Gemini's finish reasons into the few words OpenAI's clients accept.</summary>
internal static class FinishReasonTranslation
{
    /// <summary>The code of an answer whose conversation lacks thought signatures.</summary>
    public const string MissingSignature = "invalid_thought_signature";

    private static readonly AnswerVerdict Stop = new AnswerVerdict.Complete("stop");
    private static readonly AnswerVerdict Length = new AnswerVerdict.Complete("length");
    private static readonly AnswerVerdict ToolCalls = new AnswerVerdict.Complete("tool_calls");
    private static readonly AnswerVerdict ContentFilter = new AnswerVerdict.Complete("content_filter");

    /// <summary>Judges an ended candidate.</summary>
    /// <param name="reason">The last reason seen.</param>
    /// <param name="message">The finish message, if any.</param>
    /// <param name="content">What it holds.</param>
    /// <param name="thoughts">Tokens it thought.</param>
    public static AnswerVerdict Judge(FinishReason reason, string? message, AnswerContent content, long thoughts) => reason switch
    {
        FinishReason.MaxTokens => Length,
        FinishReason.Filtered => ContentFilter,
        _ when content.HasFlag(AnswerContent.Calls) => ToolCalls,
        FinishReason.Other when content != AnswerContent.None => ContentFilter,
        FinishReason.Stop when content != AnswerContent.None || thoughts > 0 => Stop,
        _ when content != AnswerContent.None => Stop,
        _ => new AnswerVerdict.Empty(CodeOf(reason), message),
    };

    private static string CodeOf(FinishReason reason) => reason switch
    {
        FinishReason.MalformedFunctionCall => "malformed_function_call",
        FinishReason.UnexpectedToolCall => "unexpected_tool_call",
        FinishReason.TooManyToolCalls => "too_many_tool_calls",
        FinishReason.MalformedResponse => "malformed_response",
        FinishReason.MissingThoughtSignature => MissingSignature,
        _ => "empty_response",
    };
}
