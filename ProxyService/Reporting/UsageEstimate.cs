using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>What a request probably used, for when the upstream did not say: four bytes are taken for one token. Facts that hold one are marked.</summary>
internal static class UsageEstimate
{
    private const int BytesPerToken = 4;
    private const long LongestPrompt = 1_048_576;

    /// <summary>Estimates.</summary>
    /// <param name="promptBytes">Bytes the upstream was sent.</param>
    /// <param name="answerBytes">Bytes of content that came back.</param>
    public static TokenUsage Of(long promptBytes, long answerBytes)
    {
        var prompt = Tokens(promptBytes);
        var completion = Tokens(answerBytes);
        return new TokenUsage(prompt, completion, 0, 0, 0, prompt + completion);
    }

    /// <summary>
    /// Estimates so that the truth is hardly ever more: for a request of which nobody knows what came back. Scripts and code that are dense in tokens have two
    /// bytes for one; no prompt is longer than what models take; and no answer is longer than what bounds it.
    /// </summary>
    /// <param name="promptBytes">Bytes the upstream was sent.</param>
    /// <param name="mostAnswerTokens">The most tokens the answer can hold.</param>
    public static TokenUsage MostOf(long promptBytes, int mostAnswerTokens)
    {
        var prompt = Math.Min((promptBytes + 1) / 2, LongestPrompt);
        return new TokenUsage(prompt, mostAnswerTokens, 0, 0, 0, prompt + mostAnswerTokens);
    }

    private static long Tokens(long bytes) => (bytes + BytesPerToken - 1) / BytesPerToken;
}
