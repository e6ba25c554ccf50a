using System.Collections.Concurrent;
using GeminiBalance.Contracts;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>
/// The accounts in this replica's memory, for when Redis is away: every replica then lets in its share of each limit. Bounded by the number of access keys that
/// have limits.
/// </summary>
/// <param name="memory">What was spent while Redis answered.</param>
/// <param name="options">How many replicas there are while nobody has counted them.</param>
/// <param name="time">The clock.</param>
internal sealed class LocalLimits(LimitMemory memory, IOptionsMonitor<LimitsOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, Account> accounts = new();
    private volatile int replicas;

    /// <summary>How many replicas share the limits.</summary>
    public int Replicas { get => replicas is var known and > 0 ? known : options.CurrentValue.Replicas; set => replicas = value; }

    /// <summary>The access keys that have an account here.</summary>
    public ICollection<Guid> Keys => accounts.Keys;

    /// <summary>Lets a request in and reserves what it asks for, or says which limit refuses it; then nothing changes.</summary>
    public LimitVerdict Reserve(in LimitDemand demand)
    {
        while (true)
        {
            if (accounts.GetOrAdd(demand.Key, static _ => new Account()).Reserve(demand, ShareOf(demand.Limits), memory.Of(demand.Key), Replicas, time.GetUtcNow()) is { } verdict)
            {
                return verdict;
            }
        }
    }

    /// <summary>Puts what was really used in the place of what was reserved.</summary>
    /// <returns>False when the account was closed meanwhile.</returns>
    public bool TrySettle(in LimitDemand demand, long tokens, long cost) => accounts.TryGetValue(demand.Key, out var account) && account.TrySettle(demand, tokens, cost);

    /// <summary>Closes an account, because Redis answers again.</summary>
    /// <returns>What was spent by it, and its limits; null when there is none.</returns>
    public (AccessKeyLimits Limits, Spent Spent)? Close(Guid key) =>
        accounts.TryGetValue(key, out var account) && account.Close() is { } closed && accounts.TryRemove(KeyValuePair.Create(key, account)) ? closed : null;

    private AccessKeyLimits ShareOf(AccessKeyLimits limits)
    {
        var count = Replicas;
        return count == 1 ? limits : new AccessKeyLimits(
            Few(limits.RequestsPerMinute), Many(limits.TokensPerMinute), Few(limits.RequestsPerDay), Many(limits.TokensPerDay), Many(limits.TokensPerMonth),
            limits.CostPerDay / count, limits.CostPerMonth / count, Few(limits.Concurrency));

        int? Few(int? limit) => limit is { } most ? Math.Max(1, most / count) : null;
        long? Many(long? limit) => limit is { } most ? Math.Max(1, most / count) : null;
    }

    private sealed class Account
    {
        private readonly Lock gate = new();
        private double? requests;
        private double? tokens;
        private DateTimeOffset filled;
        private DateOnly day;
        private long dayRequests;
        private long dayTokens;
        private long dayCost;
        private long monthTokens;
        private long monthCost;
        private int atOnce;
        private AccessKeyLimits? terms;
        private bool isClosed;

        /// <summary>Null when it is closed: there is another one then.</summary>
        public LimitVerdict? Reserve(in LimitDemand demand, AccessKeyLimits limits, in Spent known, int replicas, DateTimeOffset now)
        {
            lock (gate)
            {
                if (isClosed)
                {
                    return null;
                }

                terms = demand.Limits;
                Turn(limits, now);
                var today = now.UtcDateTime.Date;
                var midnight = today.AddDays(1) - now.UtcDateTime;
                var nextMonth = new DateTime(today.Year, today.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddMonths(1) - now.UtcDateTime;
                var want = Math.Min(demand.Tokens, limits.TokensPerMinute ?? long.MaxValue);

                // Of what was spent while Redis answered, each replica bears its share.
                var (knownRequests, knownTokens, knownCost) = known.Day == Spent.DayOf(now) ? (known.DayRequests / replicas, known.DayTokens / replicas, known.DayCost / replicas) : default;
                var (knownMonthTokens, knownMonthCost) = known.Month == Spent.MonthOf(now) ? (known.MonthTokens / replicas, known.MonthCost / replicas) : default;
                (LimitKind Kind, TimeSpan Wait)? reached =
                    atOnce >= limits.Concurrency ? (LimitKind.Concurrency, TimeSpan.FromSeconds(1))
                    : dayRequests + knownRequests >= limits.RequestsPerDay ? (LimitKind.RequestsPerDay, midnight)
                    : dayTokens + knownTokens >= limits.TokensPerDay ? (LimitKind.TokensPerDay, midnight)
                    : monthTokens + knownMonthTokens >= limits.TokensPerMonth ? (LimitKind.TokensPerMonth, nextMonth)
                    : dayCost + knownCost >= limits.CostPerDay * 1_000_000 ? (LimitKind.CostPerDay, midnight)
                    : monthCost + knownMonthCost >= limits.CostPerMonth * 1_000_000 ? (LimitKind.CostPerMonth, nextMonth)
                    : requests < 1 ? (LimitKind.RequestsPerMinute, TimeSpan.FromMinutes((1 - requests.Value) / limits.RequestsPerMinute!.Value))
                    : tokens < want ? (LimitKind.TokensPerMinute, TimeSpan.FromMinutes((want - tokens.Value) / limits.TokensPerMinute!.Value))
                    : null;
                if (reached is null)
                {
                    requests--;
                    tokens -= demand.Tokens;
                    dayRequests++;
                    atOnce++;
                    Add(demand.Tokens, demand.Cost);
                }

                return new LimitVerdict(
                    reached?.Kind ?? LimitKind.None,
                    reached?.Wait ?? TimeSpan.Zero,
                    requests is { } left ? Math.Max(0, (long)left) : null,
                    requests is { } r ? TimeSpan.FromMinutes((limits.RequestsPerMinute!.Value - r) / limits.RequestsPerMinute.Value) : TimeSpan.Zero,
                    tokens is { } rest ? Math.Max(0, (long)rest) : null,
                    tokens is { } t ? TimeSpan.FromMinutes((limits.TokensPerMinute!.Value - t) / limits.TokensPerMinute.Value) : TimeSpan.Zero);
            }
        }

        public bool TrySettle(in LimitDemand demand, long used, long cost)
        {
            lock (gate)
            {
                if (isClosed)
                {
                    return false;
                }

                tokens -= used - demand.Tokens;
                atOnce = Math.Max(0, atOnce - 1);
                Add(used - demand.Tokens, cost - demand.Cost);
                return true;
            }
        }

        /// <summary>Null when it was closed before.</summary>
        public (AccessKeyLimits Limits, Spent Spent)? Close()
        {
            lock (gate)
            {
                if (isClosed || terms is null)
                {
                    return null;
                }

                isClosed = true;
                return (terms, new Spent(0, Spent.DayOf(filled), dayRequests, dayTokens, dayCost, Spent.MonthOf(filled), monthTokens, monthCost));
            }
        }

        private void Add(long moreTokens, long moreCost)
        {
            dayTokens = Math.Max(0, dayTokens + moreTokens);
            monthTokens = Math.Max(0, monthTokens + moreTokens);
            dayCost = Math.Max(0, dayCost + moreCost);
            monthCost = Math.Max(0, monthCost + moreCost);
        }

        /// <summary>Fills the buckets, and begins a new day or month.</summary>
        private void Turn(AccessKeyLimits limits, DateTimeOffset now)
        {
            var minutes = Math.Max(0, (now - filled).TotalMinutes);
            requests = Level(requests, limits.RequestsPerMinute, minutes);
            tokens = Level(tokens, limits.TokensPerMinute, minutes);
            filled = now;
            var today = DateOnly.FromDateTime(now.UtcDateTime);
            if (today == day)
            {
                return;
            }

            (dayRequests, dayTokens, dayCost) = (0, 0, 0);
            if (today.Month != day.Month || today.Year != day.Year)
            {
                (monthTokens, monthCost) = (0, 0);
            }

            day = today;
        }

        private static double? Level(double? level, long? limit, double minutes) => limit is { } most ? Math.Min(most, (level ?? most) + (minutes * most)) : null;
    }
}
