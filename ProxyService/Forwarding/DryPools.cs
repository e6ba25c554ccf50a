using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>What a client is told when no key can serve: what is dry, and when the first of it comes back. Pure.</summary>
internal static class DryPools
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);

    /// <summary>The error.</summary>
    /// <param name="model">The model asked for.</param>
    /// <param name="eligible">What is known of the keys; none of them can serve.</param>
    /// <param name="now">The clock.</param>
    public static OpenAiError Explain(string model, EligibleKeys eligible, DateTimeOffset now)
    {
        var (minute, day, notOffered, refused) = (0, 0, 0, 0);
        DateTimeOffset? returns = null;
        foreach (var state in eligible.Exclusions)
        {
            switch (state.Status)
            {
                case KeyStatus.Cooling:
                    minute++;
                    returns = Earlier(returns, state.Until);
                    break;
                case KeyStatus.Exhausted:
                    day++;
                    returns = Earlier(returns, state.Until);
                    break;
                case KeyStatus.NotOffered:
                    notOffered++;
                    break;
                default:
                    refused++;
                    break;
            }
        }

        if (returns is not { } at)
        {
            return notOffered > 0 ? OpenAiError.ModelNotFound($"The model '{model}' is not available to the configured keys.") : OpenAiError.NoAvailableKeys;
        }

        var wait = at - now < ShortestWait ? ShortestWait : at - now;
        var dry = string.Join(", ", new[]
        {
            Counted(minute, "short of a per-minute quota or told to wait"),
            Counted(day, "out of quota for the day"),
            Counted(notOffered, "without access to the model"),
            Counted(refused, "out of use"),
        }.OfType<string>());
        var error = OpenAiError.QuotaExhausted(wait) with
        {
            Message = $"Every upstream key that can serve the model '{model}' has used up its quota ({dry}). The first is back in {Words(wait)}.",
        };
        return minute == 0 ? error with { Type = OpenAiErrorTypes.InsufficientQuota, Code = "insufficient_quota" } : error;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? known, DateTimeOffset? other) => known is null || other < known ? other : known;

    private static string? Counted(int count, string what) => count == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "key" : "keys")} {what}");

    private static string Words(TimeSpan wait) => wait.TotalMinutes < 2 ? $"{Math.Ceiling(wait.TotalSeconds)} s" : wait.TotalHours < 2 ? $"{Math.Ceiling(wait.TotalMinutes)} min" : $"{Math.Ceiling(wait.TotalHours)} h";
}
