using JasperFx.Events.Daemon;
using Marten;
using Npgsql;

namespace GeminiBalance.StatsService.Views;

/// <summary>Runs the views on whichever replica holds <see cref="LeaderLock"/>; the others look every half second whether it is free.</summary>
internal sealed partial class LeaderDaemon(
    IDocumentStore store, NpgsqlDataSource source, IEnumerable<IView> views, TimeProvider time, ILogger<LeaderDaemon> logger)
    : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>A view that stopped is tried again: after a fault of the database it goes on, after one of its own it stops again, having skipped nothing.</summary>
    private static readonly TimeSpan RestartAfter = TimeSpan.FromSeconds(2);

    private readonly string[] shards = [.. views.Select(view => ViewPositions.ShardOf(view.Name))];

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await LeaderLock.TryTakeAsync(source, stopping).ConfigureAwait(false) is { } held)
                {
                    await using (held.ConfigureAwait(false))
                    {
                        await LeadAsync(held, stopping).ConfigureAwait(false);
                    }
                }
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                LogLost(e);
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Look, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LeadAsync(LeaderLock held, CancellationToken stopping)
    {
        LogLeading(LeaderLock.Replica);
        var daemon = await store.BuildProjectionDaemonAsync(logger: logger).ConfigureAwait(false);
        var triedAt = shards.ToDictionary(shard => shard, _ => time.GetUtcNow());
        try
        {
            await daemon.StartAllAsync().ConfigureAwait(false);
            while (true)
            {
                await Task.Delay(Look, time, stopping).ConfigureAwait(false);
                await held.CheckAsync(stopping).ConfigureAwait(false);
                await RestartStoppedAsync(daemon, triedAt, stopping).ConfigureAwait(false);
            }
        }
        finally
        {
            // The views stop before the lock goes; a late page would do no harm, because it moves a position only from where it found it.
            try
            {
                await daemon.StopAllAsync().ConfigureAwait(false);
            }
            finally
            {
                daemon.Dispose();
                ((store as DocumentStore)?.Options.Projections.Wakeup as IDisposable)?.Dispose();
            }
        }
    }

    private async Task RestartStoppedAsync(IProjectionDaemon daemon, Dictionary<string, DateTimeOffset> triedAt, CancellationToken stopping)
    {
        foreach (var shard in shards)
        {
            if (daemon.StatusFor(shard) == JasperFx.AgentStatus.Running || time.GetUtcNow() - triedAt[shard] < RestartAfter)
            {
                continue;
            }

            triedAt[shard] = time.GetUtcNow();
            LogStopped(shard);
            daemon.EjectPausedShard(shard);
            await daemon.StartAgentAsync(shard, stopping).ConfigureAwait(false);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "This replica ({Replica}) runs the views")]
    private partial void LogLeading(string replica);

    [LoggerMessage(2, LogLevel.Warning, "This replica does not run the views any more, or cannot find out whether it may")]
    private partial void LogLost(Exception e);

    [LoggerMessage(3, LogLevel.Error, "View {Shard} had stopped; trying again from where it stands")]
    private partial void LogStopped(string shard);
}
