using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>What a request probably used, for when the upstream did not say: four bytes are taken for one token. Facts that hold one are marked.</summary>
internal static class UsageEstimate
{
    private const int BytesPerToken = 4;

    /// <summary>Estimates.</summary>
    /// <param name="promptBytes">Bytes the upstream was sent.</param>
    /// <param name="answerBytes">Bytes of content that came back.</param>
    public static TokenUsage Of(long promptBytes, long answerBytes)
    {
        var prompt = Tokens(promptBytes);
        var completion = Tokens(answerBytes);
        return new TokenUsage(prompt, completion, 0, 0, 0, prompt + completion);
    }

    private static long Tokens(long bytes) => (bytes + BytesPerToken - 1) / BytesPerToken;
}
