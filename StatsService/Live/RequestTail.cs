using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Requests;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Usage;
using Npgsql;

namespace GeminiBalance.StatsService.Live;

/// <summary>A request in the tail.</summary>
/// <param name="Position">Its place in the store.</param>
/// <param name="Fact">The request.</param>
internal sealed record TailedRequest(long Position, RequestFact Fact);

/// <summary>
/// Reads requests as they are stored. Each listener asks for the next page when it has sent the one before, so that nothing is kept for a slow one but its page.
/// </summary>
internal sealed class RequestTail(NpgsqlDataSource source)
{
    /// <summary>Most requests read at once.</summary>
    public const int PageSize = 200;

    /// <summary>The most events a listener may be behind; what is older is left out, and it is told how many.</summary>
    public const int MostBehind = 10_000;

    /// <summary>Where a listener at a position goes on, and how many events it misses.</summary>
    public static (long From, long Missed) Resume(long position, long upTo) =>
        upTo - position > MostBehind ? (upTo - MostBehind, upTo - MostBehind - position) : (position, 0);

    /// <summary>The next requests that fit, after a position and up to another; and the position reached, from which the next page goes on.</summary>
    public async Task<(IReadOnlyList<TailedRequest> Requests, long Reached)> NextAsync(UsageScope scope, long after, long upTo, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand();
        var parameters = command.Parameters;
        parameters.Add(new() { Value = after });
        parameters.Add(new() { Value = upTo });
        command.CommandText = $"select seq_id, data from {StoreSchema.Name}.mt_events where seq_id > $1 and seq_id <= $2 and {FactConditions.Of(scope, parameters)} order by seq_id limit {PageSize}";
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var requests = new List<TailedRequest>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            requests.Add(new TailedRequest(reader.GetInt64(0), StoredFacts.Read(reader.GetString(1))));
        }

        return (requests, requests.Count < PageSize ? upTo : requests[^1].Position);
    }
}
