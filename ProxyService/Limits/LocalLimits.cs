using System.Collections.Concurrent;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>
/// The accounts in this replica's memory, for when Redis is away: every replica then lets in its share of each limit. Bounded by the number of access keys that
/// have limits.
/// </summary>
/// <param name="memory">What was spent while Redis answered.</param>
/// <param name="time">The clock.</param>
internal sealed class LocalLimits(LimitMemory memory, TimeProvider time) : ILimitStore
{
    private readonly ConcurrentDictionary<Guid, Account> accounts = new();
    private volatile int replicas = 1;

    /// <summary>How many replicas share the limits.</summary>
    public int Replicas { get => replicas; set => replicas = Math.Max(1, value); }

    /// <inheritdoc />
    public ValueTask<LimitVerdict> ReserveAsync(LimitDemand demand) => ValueTask.FromResult(accounts.GetOrAdd(demand.Key, static _ => new Account()).Reserve(demand, ShareOf(demand.Limits), memory.Of(demand.Key), replicas, time.GetUtcNow()));

    /// <inheritdoc />
    public void Settle(in LimitDemand demand, long tokens, long cost)
    {
        if (accounts.TryGetValue(demand.Key, out var account))
        {
            account.Settle(demand, tokens, cost);
        }
    }

    private AccessKeyLimits ShareOf(AccessKeyLimits limits)
    {
        var count = replicas;
        return count == 1 ? limits : new AccessKeyLimits(
            Share(limits.RequestsPerMinute), Share(limits.TokensPerMinute), Share(limits.RequestsPerDay), Share(limits.TokensPerDay), Share(limits.TokensPerMonth),
            limits.CostPerDay / count, limits.CostPerMonth / count, Share(limits.Concurrency));

        int? Share(long? limit) => limit is { } most ? (int)Math.Clamp(most / count, 1, int.MaxValue) : null;
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

        public LimitVerdict Reserve(in LimitDemand demand, AccessKeyLimits limits, in Spent known, int replicas, DateTimeOffset now)
        {
            lock (gate)
            {
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

        public void Settle(in LimitDemand demand, long used, long cost)
        {
            lock (gate)
            {
                tokens -= used - demand.Tokens;
                atOnce = Math.Max(0, atOnce - 1);
                Add(used - demand.Tokens, cost - demand.Cost);
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
