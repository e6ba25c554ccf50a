using GeminiBalance.Contracts;
using Npgsql;

namespace GeminiBalance.StatsService.Views;

/// <summary>Where the views stand, as the database says: the same answer from every replica, whether or not it runs the views.</summary>
internal sealed class ViewPositions(NpgsqlDataSource source, IEnumerable<IView> views, TimeProvider time)
{
    private const string HighWaterMark = "HighWaterMark";

    private const string Progress = $"select name, last_seq_id from {StoreSchema.Name}.mt_event_progression";

    private const string OldestUnseen = $"""
        with seen as (
            select min(coalesce(progress.last_seq_id, 0)) as position
            from unnest($1) as shard left join {StoreSchema.Name}.mt_event_progression progress on progress.name = shard)
        select coalesce(position, 0), (
            select timestamp from {StoreSchema.Name}.mt_events where seq_id > position order by seq_id limit 1)
        from seen
        """;

    private readonly string[] names = [.. views.Select(view => view.Name)];

    /// <summary>The progress table's name of a view.</summary>
    public static string ShardOf(string view) => $"{view}:All";

    /// <summary>The position all views have reached, and how long the first event after it has been waiting.</summary>
    public async Task<LiveTick> TickAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(OldestUnseen);
        command.Parameters.Add(new() { Value = Array.ConvertAll(names, ShardOf) });
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        var lag = await reader.IsDBNullAsync(1, cancellation).ConfigureAwait(false)
            ? TimeSpan.Zero
            : time.GetUtcNow() - reader.GetFieldValue<DateTimeOffset>(1);
        return new LiveTick(reader.GetInt64(0), Math.Round(Math.Max(0, lag.TotalSeconds), 3));
    }

    public async Task<ProjectionStatus> StatusAsync(CancellationToken cancellation)
    {
        var tick = await TickAsync(cancellation).ConfigureAwait(false);
        var progress = new Dictionary<string, long>();
        await using (var command = source.CreateCommand(Progress))
        await using (var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                progress[reader.GetString(0)] = reader.GetInt64(1);
            }
        }

        return new ProjectionStatus(
            progress.GetValueOrDefault(HighWaterMark),
            names.ToDictionary(name => name, name => progress.GetValueOrDefault(ShardOf(name))),
            tick.LagSeconds,
            await LeaderLock.HolderAsync(source, cancellation).ConfigureAwait(false));
    }
}
