using GeminiBalance.ProxyService.Gemini.Failures;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Whether and when a failed request is tried again: decided from the outcome alone.</summary>
internal static class RetryPlan
{
    /// <summary>Whether another attempt may be made.</summary>
    /// <param name="outcome">How the last one ended.</param>
    /// <param name="attempts">How many were made.</param>
    /// <param name="most">How many may be made.</param>
    public static bool MayRetry(UpstreamOutcome outcome, int attempts, int most) => attempts < most && outcome.Retry != RetryAdvice.No;

    /// <summary>Whether the same key may be used again when there is no other.</summary>
    public static bool SameKeyWillDo(UpstreamOutcome outcome) => outcome.Retry is RetryAdvice.AnyKey or RetryAdvice.AnyKeyLater;

    /// <summary>How long to wait before.</summary>
    /// <param name="outcome">How the last one ended.</param>
    /// <param name="jitter">0 to 1.</param>
    public static TimeSpan Wait(UpstreamOutcome outcome, double jitter) => outcome.Retry switch
    {
        RetryAdvice.AnyKeyLater => TimeSpan.FromMilliseconds(500 + (1500 * jitter)),
        RetryAdvice.AnyKey => TimeSpan.FromMilliseconds(50 + (150 * jitter)),
        _ => TimeSpan.Zero,
    };
}
