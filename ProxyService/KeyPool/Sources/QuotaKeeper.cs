using GeminiBalance.Contracts;
using StackExchange.Redis;

namespace GeminiBalance.ProxyService.KeyPool.Sources;

/// <summary>Limits and use of the quota pools, as KeyHealthService publishes them.</summary>
internal interface IQuotaFeed
{
    /// <summary>Listens.</summary>
    /// <param name="onChange">Called for one change after the other.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="RedisException">Redis does not answer.</exception>
    Task SubscribeAsync(Action<PoolQuotaChange> onChange, CancellationToken cancellationToken);

    /// <summary>Reads all of them.</summary>
    /// <returns>Null when there are none.</returns>
    /// <exception cref="RedisException">Redis does not answer.</exception>
    Task<PoolQuotaChange?> LoadAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Keeps what is known of quotas current: changes as they come, and all of them now and then, in case one was lost. Without Redis the pool goes by what it knew,
/// until the windows end, and then by what the upstream says.
/// </summary>
/// <param name="pool">The pool.</param>
/// <param name="feed">Redis.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class QuotaKeeper(LivePool pool, IQuotaFeed feed, TimeProvider time, ILogger<QuotaKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestLoad = TimeSpan.FromSeconds(5);

    private bool subscribed;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Connecting to Redis blocks: the start of the host must not.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            var loaded = await StepAsync(stoppingToken).ConfigureAwait(false);
            await Task.Delay(loaded ? Round : Soon, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        if (pool.View is null)
        {
            return false;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(LongestLoad);
        try
        {
            if (!subscribed)
            {
                await feed.SubscribeAsync(change => pool.Publish(change.Quotas, whole: false), deadline.Token).ConfigureAwait(false);
                subscribed = true;
            }

            if (await feed.LoadAsync(deadline.Token).ConfigureAwait(false) is { } all)
            {
                pool.Publish(all.Quotas, whole: true);
            }

            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogUnreadable(e.GetType().Name);
            return true;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    [LoggerMessage(LogLevel.Debug, "The quotas in Redis cannot be read: {Reason}.")]
    private partial void LogUnreadable(string reason);
}
