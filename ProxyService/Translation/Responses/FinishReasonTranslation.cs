using GeminiBalance.ProxyService.Gemini;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>What an ended answer is worth.</summary>
internal abstract record AnswerVerdict
{
    private AnswerVerdict()
    {
    }

    /// <summary>It is an answer.</summary>
    /// <param name="FinishReason">OpenAI's word: <c>stop</c>, <c>length</c> or <c>content_filter</c>.</param>
    internal sealed record Complete(string FinishReason) : AnswerVerdict;

    /// <summary>It holds nothing; asking again may help.</summary>
    /// <param name="Code">The error code, should asking again not help.</param>
    /// <param name="Message">What Gemini said about it, if anything.</param>
    internal sealed record Empty(string Code, string? Message) : AnswerVerdict;
}

/// <summary>Translates Gemini's finish reasons into the few words OpenAI's clients accept.</summary>
internal static class FinishReasonTranslation
{
    private static readonly AnswerVerdict Stop = new AnswerVerdict.Complete("stop");
    private static readonly AnswerVerdict Length = new AnswerVerdict.Complete("length");
    private static readonly AnswerVerdict ContentFilter = new AnswerVerdict.Complete("content_filter");

    /// <summary>Judges an ended candidate.</summary>
    /// <param name="reason">The last reason seen.</param>
    /// <param name="message">The finish message, if any.</param>
    /// <param name="hasContent">Whether it holds any text or thought.</param>
    /// <param name="thoughts">Tokens it thought.</param>
    public static AnswerVerdict Judge(FinishReason reason, string? message, bool hasContent, long thoughts) => reason switch
    {
        FinishReason.MaxTokens => Length,
        FinishReason.Filtered => ContentFilter,
        FinishReason.Other when hasContent => ContentFilter,
        FinishReason.Stop when hasContent || thoughts > 0 => Stop,
        _ when hasContent => Stop,
        FinishReason.Malformed => new AnswerVerdict.Empty("malformed_response", message),
        _ => new AnswerVerdict.Empty("empty_response", message),
    };
}
