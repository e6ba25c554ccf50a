using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Requests;

/// <summary>The newest requests that failed. A number is kept of each outcome, so that one client's many mistakes cannot push an outage out of sight.</summary>
internal sealed class RecentFailures : IView
{
    public const string TableName = "recent_failures";

    /// <summary>How many are kept of each outcome.</summary>
    public const int Kept = 1_000;

    /// <summary>The columns, in the order of <see cref="FailedRequest"/>.</summary>
    public const string Columns = "id, at, outcome, status, error_code, model, access_key_id, key_id, attempts, last_attempt";

    private const string Insert = $"""
        insert into {StoreExtensions.Schema}.{TableName} ({Columns})
        select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (id) do nothing
        """;

    private static readonly string Prune = $"""
        delete from {StoreExtensions.Schema}.{TableName} where id in (
            select id from (
                select id, row_number() over (partition by outcome order by at desc, id desc) as age from {StoreExtensions.Schema}.{TableName}) ranked
            where age > {Kept})
        """;

    public string Name => TableName;

    public IReadOnlyList<Table> Tables { get; } = [BuildTable()];

    public IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        var failures = Fold(facts).ToArray();
        if (failures.Length == 0)
        {
            yield break;
        }

        yield return new TableChange(
            Insert,
            Array.ConvertAll(failures, f => f.Id),
            Array.ConvertAll(failures, f => f.At),
            Array.ConvertAll(failures, f => f.Outcome.ToString()),
            Array.ConvertAll(failures, f => f.Status),
            Array.ConvertAll(failures, f => f.ErrorCode),
            Array.ConvertAll(failures, f => f.Model),
            Array.ConvertAll(failures, f => f.AccessKeyId),
            Array.ConvertAll(failures, f => f.KeyId),
            Array.ConvertAll(failures, f => f.Attempts),
            Array.ConvertAll(failures, f => f.LastAttempt?.ToString()));
        yield return new TableChange(Prune);
    }

    /// <summary>The failures of a page that may still be among the newest.</summary>
    public static IEnumerable<FailedRequest> Fold(IEnumerable<RequestFact> facts) => facts
        .Where(fact => fact.Outcome is not (RequestOutcome.Succeeded or RequestOutcome.Aborted))
        .GroupBy(fact => fact.Outcome)
        .SelectMany(outcome => outcome.OrderByDescending(fact => fact.StartedAt).ThenByDescending(fact => fact.Id).Take(Kept))
        .Select(Failure);

    public void Map(RouteGroupBuilder stats) => stats.MapGet("/failures", FailureQuery.GetAsync);

    private static FailedRequest Failure(RequestFact fact)
    {
        var last = fact.Attempts.Count > 0 ? fact.Attempts[^1] : null;
        return new FailedRequest(
            fact.Id,
            fact.StartedAt.ToUniversalTime(),
            fact.Outcome,
            fact.Status,
            fact.ErrorCode,
            fact.ModelAsked,
            fact.AccessKeyId,
            last?.KeyId ?? fact.KeyId,
            fact.Attempts.Count,
            last?.Outcome);
    }

    private static Table BuildTable()
    {
        var table = new Table($"{StoreExtensions.Schema}.{TableName}");
        table.AddColumn("id", "uuid").AsPrimaryKey();
        table.AddColumn("at", "timestamp with time zone").NotNull().AddIndex();
        table.AddColumn("outcome", "text").NotNull();
        table.AddColumn("status", "integer").NotNull();
        table.AddColumn("error_code", "text");
        table.AddColumn("model", "text");
        table.AddColumn("access_key_id", "uuid");
        table.AddColumn("key_id", "uuid");
        table.AddColumn("attempts", "integer").NotNull();
        table.AddColumn("last_attempt", "text");
        return table;
    }
}
