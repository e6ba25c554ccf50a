using GeminiBalance.KeyHealthService.Guarding;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Store;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Transitions;

/// <summary>Ends passing states when their time is over. Proxies heed the time themselves; this makes it an event, and says so to everybody else.</summary>
internal sealed partial class Recovery(IDocumentStore store, NpgsqlDataSource database, Alarms alarms, PoolPump pump, TimeProvider time, ILogger<Recovery> log) : BackgroundService
{
    private const int AtOnce = 500;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tidying = TimeSpan.FromHours(1);

    /// <summary>Ends what is over by now.</summary>
    /// <returns>How many states ended.</returns>
    public async Task<int> EndOverdueAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var session = store.LightweightSession();
        var quotas = await session.Query<Quota>().Where(quota => quota.Status != QuotaStatus.Available && quota.Until <= now).Take(AtOnce).ToListAsync(cancellation);
        var keys = await session.Query<Key>().Where(key => key.Until <= now).Take(AtOnce).ToListAsync(cancellation);

        var pending = new PendingEvents();
        foreach (var quota in quotas)
        {
            pending.Add(quota.Id, quota.Version, QuotaDecider.Recover(quota, now));
        }

        foreach (var key in keys)
        {
            pending.Add(key.Id, key.Version, KeyDecider.Recover(key, now));
        }

        if (pending.IsEmpty)
        {
            return 0;
        }

        pending.AppendTo(session);
        await session.SaveChangesAsync(cancellation);
        pump.Nudge();
        return pending.All.Count();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var tidied = DateTimeOffset.MinValue;
        while (!stoppingToken.IsCancellationRequested)
        {
            var ended = 0;
            try
            {
                ended = await EndOverdueAsync(stoppingToken);
                await alarms.EndOverdueAsync(time.GetUtcNow(), stoppingToken);
                if (time.GetUtcNow() - tidied > Tidying)
                {
                    await Inbox.PruneAsync(database, time.GetUtcNow(), stoppingToken);
                    tidied = time.GetUtcNow();
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (Conflicts.IsConflict(e))
            {
                // Another replica, or a new failure, was faster; the next round sees what is left.
            }
            catch (Exception e)
            {
                LogFailed(e);
            }

            if (ended < AtOnce)
            {
                await Task.Delay(Round, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Passing states could not be ended; the next round tries again.")]
    private partial void LogFailed(Exception e);
}
