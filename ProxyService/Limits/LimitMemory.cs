using System.Collections.Concurrent;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>What is spent of an access key's day and month (UTC).</summary>
/// <param name="Account">Which account said so, by the time it was made; 0 for none, or <see cref="FromStatistics"/>.</param>
/// <param name="Day">Days since 1970.</param>
/// <param name="DayRequests">Requests of the day.</param>
/// <param name="DayTokens">Tokens of the day.</param>
/// <param name="DayCost">Cost of the day, in millionths of a US dollar.</param>
/// <param name="Month">Months since year 0, each year counted from March, as <see cref="LimitScripts"/> does.</param>
/// <param name="MonthTokens">Tokens of the month.</param>
/// <param name="MonthCost">Cost of the month, in millionths of a US dollar.</param>
internal readonly record struct Spent(long Account, long Day, long DayRequests, long DayTokens, long DayCost, long Month, long MonthTokens, long MonthCost)
{
    /// <summary>What no account says of itself.</summary>
    public const long FromStatistics = -1;

    /// <summary>What both have spent of the later day and of the later month.</summary>
    public Spent Plus(in Spent other)
    {
        var (day, month) = (Math.Max(Day, other.Day), Math.Max(Month, other.Month));
        var (mine, others) = (Of(day, month), other.Of(day, month));
        return mine with
        {
            DayRequests = mine.DayRequests + others.DayRequests,
            DayTokens = mine.DayTokens + others.DayTokens,
            DayCost = mine.DayCost + others.DayCost,
            MonthTokens = mine.MonthTokens + others.MonthTokens,
            MonthCost = mine.MonthCost + others.MonthCost,
        };
    }

    /// <summary>The number of a day.</summary>
    public static long DayOf(DateTimeOffset time) => (long)(time - DateTimeOffset.UnixEpoch).TotalDays;

    /// <summary>The number of a month.</summary>
    public static long MonthOf(DateTimeOffset time) => time.UtcDateTime is { Month: <= 2 } early ? ((early.Year - 1) * 12L) + early.Month + 9 : (time.UtcDateTime.Year * 12L) + time.UtcDateTime.Month - 3;

    private Spent Of(long day, long month) =>
        new(Account, day, day == Day ? DayRequests : 0, day == Day ? DayTokens : 0, day == Day ? DayCost : 0, month, month == Month ? MonthTokens : 0, month == Month ? MonthCost : 0);
}

/// <summary>
/// What this replica knows to be spent of access keys' days and months: what Redis said last and, at the start, the statistics. An account that Redis
/// has lost is filled from it with the next request. Holds access keys with such limits only.
/// </summary>
internal sealed class LimitMemory
{
    private readonly ConcurrentDictionary<Guid, Spent> accounts = new();

    /// <summary>Whether limits have days or months to remember.</summary>
    public static bool Concerns(AccessKeyLimits limits) =>
        limits.RequestsPerDay is not null || limits.TokensPerDay is not null || limits.TokensPerMonth is not null || limits.CostPerDay is not null || limits.CostPerMonth is not null;

    /// <summary>What is known of an access key.</summary>
    public Spent Of(Guid key) => accounts.TryGetValue(key, out var spent) ? spent : default;

    /// <summary>Takes over what Redis said.</summary>
    public void Remember(Guid key, in Spent spent) => accounts[key] = spent;

    /// <summary>Takes over what the statistics say; where Redis knows less, the next request tells it.</summary>
    public void Learn(Guid key, Spent spent) => accounts.AddOrUpdate(key, static (_, learned) => learned, static (_, known, learned) => More(known, learned), spent with { Account = Spent.FromStatistics });

    private static Spent More(in Spent one, in Spent other)
    {
        var (day, month) = (one.Day == other.Day, one.Month == other.Month);
        return other with
        {
            DayRequests = day ? Math.Max(one.DayRequests, other.DayRequests) : other.DayRequests,
            DayTokens = day ? Math.Max(one.DayTokens, other.DayTokens) : other.DayTokens,
            DayCost = day ? Math.Max(one.DayCost, other.DayCost) : other.DayCost,
            MonthTokens = month ? Math.Max(one.MonthTokens, other.MonthTokens) : other.MonthTokens,
            MonthCost = month ? Math.Max(one.MonthCost, other.MonthCost) : other.MonthCost,
        };
    }
}
