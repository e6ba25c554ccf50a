using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>What a request asks of its access key's limits before it is let in.</summary>
/// <param name="Key">The access key.</param>
/// <param name="Limits">Its limits.</param>
/// <param name="Tokens">Tokens it will probably use.</param>
/// <param name="Cost">What it will probably cost, in millionths of a US dollar.</param>
/// <param name="Lease">Its own id, by which its place among those at the same time is given back.</param>
internal readonly record struct LimitDemand(Guid Key, AccessKeyLimits Limits, long Tokens, long Cost, Guid Lease);

/// <summary>Which limit is reached.</summary>
internal enum LimitKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>Requests per minute.</summary>
    RequestsPerMinute,

    /// <summary>Tokens per minute.</summary>
    TokensPerMinute,

    /// <summary>Requests per day.</summary>
    RequestsPerDay,

    /// <summary>Tokens per day.</summary>
    TokensPerDay,

    /// <summary>Tokens per month.</summary>
    TokensPerMonth,

    /// <summary>Cost per day.</summary>
    CostPerDay,

    /// <summary>Cost per month.</summary>
    CostPerMonth,

    /// <summary>Requests at the same time.</summary>
    Concurrency,
}

/// <summary>What a demand got.</summary>
/// <param name="Reached">The limit that refuses it; <see cref="LimitKind.None"/> when it is let in, and what it asked for reserved.</param>
/// <param name="RetryAfter">When trying again makes sense.</param>
/// <param name="RequestsLeft">Requests of the minute that are left; null without such a limit.</param>
/// <param name="RequestsReset">Until when all of them are back.</param>
/// <param name="TokensLeft">Tokens of the minute that are left; null without such a limit.</param>
/// <param name="TokensReset">Until when all of them are back.</param>
internal readonly record struct LimitVerdict(LimitKind Reached, TimeSpan RetryAfter, long? RequestsLeft, TimeSpan RequestsReset, long? TokensLeft, TimeSpan TokensReset)
{
    /// <summary>What is spent of its days and months, this demand included.</summary>
    public Spent Spent { get; init; }

    /// <summary>Requests at the same time, this demand not included; 0 without such a limit.</summary>
    public long Held { get; init; }

    /// <summary>What the account would say now, as far as it is known here.</summary>
    /// <param name="age">How long ago this verdict was given.</param>
    /// <param name="requests">How many requests were let in since.</param>
    /// <param name="tokens">Their tokens.</param>
    /// <param name="demand">The last of them: what it took has not come back yet.</param>
    public LimitVerdict After(TimeSpan age, long requests, long tokens, in LimitDemand demand)
    {
        var (verdict, limits) = (this, demand.Limits);
        if (RequestsLeft is { } left && limits.RequestsPerMinute is { } most)
        {
            var (now, reset) = Refilled(left, requests, 1, most, age);
            verdict = verdict with { RequestsLeft = now, RequestsReset = reset };
        }

        if (TokensLeft is { } rest && limits.TokensPerMinute is { } all)
        {
            var (now, reset) = Refilled(rest, tokens, demand.Tokens, all, age);
            verdict = verdict with { TokensLeft = now, TokensReset = reset };
        }

        return verdict;
    }

    private static (long Left, TimeSpan Reset) Refilled(long left, long taken, long last, long most, TimeSpan age)
    {
        var now = Math.Clamp(left - taken + (long)(age.TotalMinutes * most), 0, Math.Max(0, most - last));
        return (now, TimeSpan.FromMinutes((double)(most - now) / most));
    }
}

/// <summary>Keeps the accounts of access keys.</summary>
internal interface ILimitStore
{
    /// <summary>Lets a request in and reserves what it asks for, or says which limit refuses it; then nothing changes.</summary>
    ValueTask<LimitVerdict> ReserveAsync(LimitDemand demand);

    /// <summary>Puts what was really used in the place of what was reserved. Returns at once.</summary>
    /// <param name="demand">What was reserved.</param>
    /// <param name="tokens">Tokens it used.</param>
    /// <param name="cost">What it cost, in millionths of a US dollar.</param>
    void Settle(in LimitDemand demand, long tokens, long cost);
}
