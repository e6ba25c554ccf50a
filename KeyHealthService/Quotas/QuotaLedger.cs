using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.KeyHealthService.Quotas;

/// <summary>
/// What every quota pool has used of every model in the running minute and in California's running day, summed over all proxies. Minutes are
/// those of the clock. It lies in the database, so that neither a restart nor an empty Redis forgets it.
/// </summary>
internal static class QuotaLedger
{
    /// <summary>Adds a report. The keys' pools are looked up here, because a proxy may not know of a move yet.</summary>
    public static async Task AddAsync(NpgsqlTransaction transaction, KeyUsageReported report, DateTimeOffset at, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into keys.quota_use as old (pool, model, minute, minute_requests, minute_tokens, day, day_requests, day_tokens, succeeded_at, changed_at)
            select k.pool, u.model, $6, sum(u.requests), sum(u.tokens), $7, sum(u.requests), sum(u.tokens), case when sum(u.successes) > 0 then $8::timestamptz end, clock_timestamp()
            from unnest($1, $2, $3, $4, $5) u(key_id, model, requests, tokens, successes) join keys.mt_doc_key k on k.id = u.key_id
            group by k.pool, u.model
            order by k.pool, u.model
            on conflict (pool, model) do update set
                minute_requests = case when excluded.minute > old.minute then excluded.minute_requests when excluded.minute = old.minute then old.minute_requests + excluded.minute_requests else old.minute_requests end,
                minute_tokens = case when excluded.minute > old.minute then excluded.minute_tokens when excluded.minute = old.minute then old.minute_tokens + excluded.minute_tokens else old.minute_tokens end,
                minute = greatest(old.minute, excluded.minute),
                day_requests = case when excluded.day > old.day then excluded.day_requests when excluded.day = old.day then old.day_requests + excluded.day_requests else old.day_requests end,
                day_tokens = case when excluded.day > old.day then excluded.day_tokens when excluded.day = old.day then old.day_tokens + excluded.day_tokens else old.day_tokens end,
                day = greatest(old.day, excluded.day),
                succeeded_at = greatest(old.succeeded_at, excluded.succeeded_at),
                changed_at = excluded.changed_at
            """, transaction.Connection, transaction);
        var usage = report.Usage;
        command.Parameters.Add(new() { Value = usage.Select(use => use.KeyId).ToArray() });
        command.Parameters.Add(new() { Value = usage.Select(use => use.Model).ToArray() });
        command.Parameters.Add(new() { Value = usage.Select(use => Math.Max(0, use.Requests)).ToArray() });
        command.Parameters.Add(new() { Value = usage.Select(use => Math.Max(0, use.InputTokens)).ToArray() });
        command.Parameters.Add(new() { Value = usage.Select(use => Math.Max(0, use.Successes)).ToArray() });
        command.Parameters.Add(new() { Value = MinuteOf(at) });
        command.Parameters.Add(new() { Value = PacificMidnight.DayOf(at) });
        command.Parameters.Add(new() { Value = at, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Begins the counts of days that are over in California anew, and has them published.</summary>
    /// <returns>How many counts, and the requests that were in them.</returns>
    public static async Task<(long Counts, long Requests)> RollAsync(NpgsqlTransaction transaction, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            with over as (select pool, model, day_requests from keys.quota_use where day < $1 order by pool, model for update),
            rolled as (
                update keys.quota_use use set day = $1, day_requests = 0, day_tokens = 0, changed_at = clock_timestamp()
                from over where use.pool = over.pool and use.model = over.model)
            select count(*), coalesce(sum(day_requests), 0)::bigint from over
            """, transaction.Connection, transaction);
        command.CommandTimeout = 300;
        command.Parameters.Add(new() { Value = PacificMidnight.DayOf(now) });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        await rows.ReadAsync(cancellation);
        return (rows.GetInt64(0), rows.GetInt64(1));
    }

    /// <summary>When pools last had a success with a model; pairs without one are left out.</summary>
    public static async Task<List<(string Pool, string Model, DateTimeOffset At)>> SuccessesAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<(string Pool, string Model)> pairs, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            select u.pool, u.model, u.succeeded_at
            from keys.quota_use u join unnest($1, $2) asked(pool, model) on asked.pool = u.pool and asked.model = u.model
            where u.succeeded_at is not null
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = pairs.Select(pair => pair.Pool).ToArray() });
        command.Parameters.Add(new() { Value = pairs.Select(pair => pair.Model).ToArray() });
        var successes = new List<(string, string, DateTimeOffset)>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            successes.Add((rows.GetString(0), rows.GetString(1), rows.GetFieldValue<DateTimeOffset>(2)));
        }

        return successes;
    }

    /// <summary>The use of one pool and model as stored, which may lie in windows that are over.</summary>
    /// <param name="Minute">Begin of the minute.</param>
    /// <param name="MinuteRequests">Requests in it.</param>
    /// <param name="MinuteTokens">Input tokens in it.</param>
    /// <param name="Day">The day in California.</param>
    /// <param name="DayRequests">Requests in it.</param>
    /// <param name="DayTokens">Input tokens in it.</param>
    public readonly record struct Use(DateTimeOffset Minute, long MinuteRequests, long MinuteTokens, DateOnly Day, long DayRequests, long DayTokens)
    {
        /// <summary>What the window that runs now has used by a metric. Pure.</summary>
        public (long Used, DateTimeOffset EndsAt) At(QuotaMetric metric, DateTimeOffset now)
        {
            var minutes = metric is QuotaMetric.RequestsPerMinute or QuotaMetric.TokensPerMinute;
            var runs = minutes ? Minute == MinuteOf(now) : Day == PacificMidnight.DayOf(now);
            var used = metric switch
            {
                QuotaMetric.RequestsPerMinute => MinuteRequests,
                QuotaMetric.TokensPerMinute => MinuteTokens,
                QuotaMetric.RequestsPerDay => DayRequests,
                _ => DayTokens,
            };
            return (runs ? used : 0, minutes ? MinuteOf(now).AddMinutes(1) : PacificMidnight.After(now));
        }
    }

    private static DateTimeOffset MinuteOf(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
}
