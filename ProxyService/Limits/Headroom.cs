using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>
/// How much a replica may let in on the word of an account, before it hears from it again: of each limit at most a hundredth for all replicas together, and at most a
/// quarter of what is left. Two words may be on their way at once, so a limit is exceeded by at most two hundredths; one under a hundred for each replica not at all.
/// Infinite where there is no limit.
/// </summary>
/// <param name="Requests">Requests.</param>
/// <param name="Tokens">Tokens.</param>
/// <param name="Cost">Cost, in millionths of a US dollar.</param>
/// <param name="Places">Requests at the same time.</param>
internal readonly record struct Headroom(double Requests, double Tokens, double Cost, double Places)
{
    private const double ShareOfLimit = 0.01;
    private const double ShareOfRest = 0.25;

    /// <summary>What an account leaves to a replica.</summary>
    /// <param name="verdict">What the account said.</param>
    /// <param name="limits">The limits it went by.</param>
    /// <param name="replicas">How many replicas go by it; 0 when that is not known: then each asks for every request.</param>
    public static Headroom Of(in LimitVerdict verdict, AccessKeyLimits limits, int replicas)
    {
        if (replicas == 0 || verdict.Reached != LimitKind.None)
        {
            return default;
        }

        var spent = verdict.Spent;
        return new Headroom(
            Math.Min(Share(limits.RequestsPerMinute, limits.RequestsPerMinute - verdict.RequestsLeft), Share(limits.RequestsPerDay, spent.DayRequests)),
            Math.Min(Share(limits.TokensPerMinute, limits.TokensPerMinute - verdict.TokensLeft), Math.Min(Share(limits.TokensPerDay, spent.DayTokens), Share(limits.TokensPerMonth, spent.MonthTokens))),
            Math.Min(Share((double?)limits.CostPerDay * 1_000_000, spent.DayCost), Share((double?)limits.CostPerMonth * 1_000_000, spent.MonthCost)),
            Share(limits.Concurrency, verdict.Held));

        double Share(double? limit, double? used) =>
            limit is { } most ? Math.Max(0, Math.Min(most * ShareOfLimit, (most - (used ?? 0)) * ShareOfRest)) / replicas : double.PositiveInfinity;
    }

    /// <summary>Whether a request fits.</summary>
    public bool Holds(in LimitDemand demand) => Requests >= 1 && Tokens >= demand.Tokens && Cost >= demand.Cost && (Places >= 1 || demand.Limits.Concurrency is null);

    /// <summary>What is left of it.</summary>
    public Headroom Less(long requests, long tokens, long cost) => this with { Requests = Requests - requests, Tokens = Tokens - tokens, Cost = Cost - cost };
}
