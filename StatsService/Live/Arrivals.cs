using GeminiBalance.StatsService.Requests;
using GeminiBalance.StatsService.Usage;
using Npgsql;

namespace GeminiBalance.StatsService.Live;

/// <summary>Says whether a request that a listener wants to hear of is among the events that the views have just seen.</summary>
internal sealed class Arrivals(NpgsqlDataSource source)
{
    /// <summary>The most events that are looked through. Among more than these something is taken to be wanted: a tick too many costs a question, one too few an old picture.</summary>
    public const int MostSearched = 10_000;

    /// <summary>Whether there is one after position <paramref name="after"/>, up to and with <paramref name="upTo"/>.</summary>
    public async Task<bool> AnyAsync(UsageScope filter, long after, long upTo, CancellationToken cancellation)
    {
        if (upTo - after > MostSearched)
        {
            return true;
        }

        await using var command = source.CreateCommand();
        var parameters = command.Parameters;
        parameters.Add(new() { Value = after });
        parameters.Add(new() { Value = upTo });
        command.CommandText = $"select exists (select from {StoreSchema.Name}.mt_events where seq_id > $1 and seq_id <= $2 and {FactConditions.Of(filter, parameters)})";
        return (bool)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }
}
