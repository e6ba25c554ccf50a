using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>What the holder of an access key is told of its limits: in an error, and in the heads of answers, by OpenAI's names.</summary>
internal static class LimitErrors
{
    /// <summary>The error of a limit that is reached.</summary>
    public static OpenAiError Of(in LimitVerdict verdict, AccessKeyLimits limits)
    {
        var (what, type, code) = verdict.Reached switch
        {
            LimitKind.RequestsPerMinute => (Count(limits.RequestsPerMinute, "requests per minute"), OpenAiErrorTypes.Requests, "rate_limit_exceeded"),
            LimitKind.TokensPerMinute => (Count(limits.TokensPerMinute, "tokens per minute"), OpenAiErrorTypes.Tokens, "rate_limit_exceeded"),
            LimitKind.RequestsPerDay => (Count(limits.RequestsPerDay, "requests per day"), OpenAiErrorTypes.Requests, "rate_limit_exceeded"),
            LimitKind.Concurrency => (Count(limits.Concurrency, "requests at the same time"), OpenAiErrorTypes.Requests, "rate_limit_exceeded"),
            LimitKind.TokensPerDay => (Count(limits.TokensPerDay, "tokens per day"), OpenAiErrorTypes.InsufficientQuota, "insufficient_quota"),
            LimitKind.TokensPerMonth => (Count(limits.TokensPerMonth, "tokens per month"), OpenAiErrorTypes.InsufficientQuota, "insufficient_quota"),
            LimitKind.CostPerDay => (Money(limits.CostPerDay, "per day"), OpenAiErrorTypes.InsufficientQuota, "insufficient_quota"),
            _ => (Money(limits.CostPerMonth, "per month"), OpenAiErrorTypes.InsufficientQuota, "insufficient_quota"),
        };
        return new OpenAiError(StatusCodes.Status429TooManyRequests, type, code, $"This API key has reached its limit of {what}.", RetryAfter: verdict.RetryAfter);
    }

    /// <summary>Writes what is left into the head of an answer.</summary>
    public static void Write(IHeaderDictionary headers, in LimitVerdict verdict, AccessKeyLimits limits)
    {
        if (verdict.RequestsLeft is { } requests)
        {
            headers["x-ratelimit-limit-requests"] = Number(limits.RequestsPerMinute!.Value);
            headers["x-ratelimit-remaining-requests"] = Number(requests);
            headers["x-ratelimit-reset-requests"] = Duration(verdict.RequestsReset);
        }

        if (verdict.TokensLeft is { } tokens)
        {
            headers["x-ratelimit-limit-tokens"] = Number(limits.TokensPerMinute!.Value);
            headers["x-ratelimit-remaining-tokens"] = Number(tokens);
            headers["x-ratelimit-reset-tokens"] = Duration(verdict.TokensReset);
        }
    }

    /// <summary>A duration as OpenAI writes it: <c>120ms</c>, <c>1.5s</c>, <c>6m0s</c>.</summary>
    internal static string Duration(TimeSpan time) => time switch
    {
        { Ticks: <= 0 } => "0ms",
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(time.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond}ms"),
        { TotalMinutes: < 1, Milliseconds: 0 } => string.Create(CultureInfo.InvariantCulture, $"{time.Seconds}s"),
        { TotalMinutes: < 1 } => Seconds(time.Seconds, time.Milliseconds),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}m{time.Seconds}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}h{time.Minutes}m{time.Seconds}s"),
    };

    /// <summary>With as many decimals as it takes; a format of the framework's would take longer than all other headers.</summary>
    private static string Seconds(int seconds, int milliseconds)
    {
        Span<char> text = stackalloc char[8];
        seconds.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        text[length++] = '.';
        for (var unit = 100; milliseconds > 0; unit /= 10)
        {
            (var digit, milliseconds) = Math.DivRem(milliseconds, unit);
            text[length++] = (char)('0' + digit);
        }

        text[length++] = 's';
        return new string(text[..length]);
    }

    private static string Count(long? limit, string what) => string.Create(CultureInfo.InvariantCulture, $"{limit} {what}");

    private static string Money(decimal? limit, string when) => string.Create(CultureInfo.InvariantCulture, $"{limit} US dollars {when}");

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
