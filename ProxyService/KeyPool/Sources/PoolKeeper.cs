using GeminiBalance.Contracts;
using StackExchange.Redis;

namespace GeminiBalance.ProxyService.KeyPool.Sources;

/// <summary>
/// Keeps the pool current: the feed's changes as they come, the whole snapshot after a gap or a new epoch, a look at the head every few seconds
/// in case a change was lost. While the feed is away KeyHealthService is asked for what is newer, and the copy on disk serves when neither answers. That copy follows at a distance.
/// </summary>
/// <param name="pool">The pool.</param>
/// <param name="feed">Redis.</param>
/// <param name="http">KeyHealthService.</param>
/// <param name="disk">The copy on disk.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class PoolKeeper(LivePool pool, IPoolFeed feed, IPoolOwner http, DiskPoolCopy disk, TimeProvider time, ILogger<PoolKeeper> logger) : BackgroundService
{
    /// <summary>The copy of a large pool takes a while to write; it may cost this share of the time at most.</summary>
    private const int SaveShare = 50;

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    /// <summary>Without the feed nothing is told: what was revoked must be known all the same within a few seconds.</summary>
    private static readonly TimeSpan StepAlone = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLoad = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly Lock gate = new();
    private List<PoolChange>? missed;
    private Task? subscription;
    private bool isAlone;
    private volatile bool gap;
    private (Guid Epoch, long Sequence) saved;
    private (long At, TimeSpan Took) lastSave;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Connecting to Redis blocks: the start of the host must not.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await StepAsync(stoppingToken).ConfigureAwait(false);
                await wake.WaitAsync(pool.View is null ? TimeSpan.FromSeconds(1) : isAlone ? StepAlone : Step, stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                await SaveAsync(CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (Exception e)
            {
                // The pool in memory stays; whatever it was, the next step tries again.
                LogStepFailed(e);
                await Task.Delay(Step, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task StepAsync(CancellationToken cancellationToken)
    {
        if (pool.View is null)
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
        }

        await SubscribeAsync(cancellationToken).ConfigureAwait(false);
        var head = await HeadAsync(cancellationToken).ConfigureAwait(false);
        isAlone = head is null;
        if (head is null && !gap && pool.View is { } known && known.Source != disk.Name)
        {
            await CatchingUpAsync(() => TryTakeAsync(http, cancel => http.NewerAsync(known.Epoch, known.Sequence, cancel), cancellationToken)).ConfigureAwait(false);
        }
        else if (IsBehind(head))
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
        }

        if (saved == default || time.GetElapsedTime(lastSave.At) > lastSave.Took * SaveShare)
        {
            await SaveAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        if (pool.View is not { } view || view.Source == disk.Name || saved == (view.Epoch, view.Sequence))
        {
            return;
        }

        var began = time.GetTimestamp();
        await disk.SaveAsync(view.ToSnapshot(), cancellationToken).ConfigureAwait(false);
        lastSave = (time.GetTimestamp(), time.GetElapsedTime(began));
        saved = (view.Epoch, view.Sequence);
    }

    /// <summary>A feed that does not answer holds nothing up: what it answers later counts later.</summary>
    private async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        if (subscription is { IsCompletedSuccessfully: true })
        {
            return;
        }

        try
        {
            subscription ??= feed.SubscribeAsync(OnChange, cancellationToken);
            await subscription.WaitAsync(LongestLook, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            subscription = subscription is { IsFaulted: true } ? null : subscription;
            LogNotSubscribed(e.GetType().Name);
        }
    }

    /// <summary>Called by the feed for one change after the other.</summary>
    private void OnChange(PoolChange? change)
    {
        lock (gate)
        {
            if (missed is not null && change is not null)
            {
                // What is being loaded may stand before it.
                missed.Add(change);
            }

            if (change is not null && pool.TryApply(change))
            {
                return;
            }

            gap = true;
        }

        Wake();
    }

    private void Wake()
    {
        try
        {
            wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Already awake.
        }
    }

    private async Task<PoolHead?> HeadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await feed.HeadAsync(cancellationToken).WaitAsync(LongestLook, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private bool IsBehind(PoolHead? head) =>
        pool.View is not { } view || gap || view.Source == disk.Name || (head is not null && (head.Epoch != view.Epoch || head.Sequence > view.Sequence));

    private Task LoadAsync(CancellationToken cancellationToken) => CatchingUpAsync(async () =>
    {
        if (!await TryTakeAsync(feed, feed.LoadAsync, cancellationToken).ConfigureAwait(false) && !await TryTakeAsync(http, http.LoadAsync, cancellationToken).ConfigureAwait(false) && pool.View is null)
        {
            await TryTakeAsync(disk, disk.LoadAsync, cancellationToken).ConfigureAwait(false);
        }
    });

    /// <summary>While a snapshot is read, changes are kept.</summary>
    private async Task CatchingUpAsync(Func<Task> read)
    {
        lock (gate)
        {
            (gap, missed) = (false, []);
        }

        try
        {
            await read().ConfigureAwait(false);
        }
        finally
        {
            lock (gate)
            {
                missed = null;
            }
        }
    }

    private async Task<bool> TryTakeAsync(IPoolSource source, Func<CancellationToken, Task<PoolSnapshot?>> read, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(pool.View is null ? TimeSpan.FromSeconds(3) : LongestLoad);
        try
        {
            if (await read(deadline.Token).ConfigureAwait(false) is not { } snapshot)
            {
                return false;
            }

            Take(snapshot, source.Name);
            LogLoaded(source.Name, snapshot.Sequence, snapshot.Keys.Count, snapshot.AccessKeys.Count);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Changes that came while the snapshot was read stand behind it: without them a pool that changes all the time would never be caught up with.</summary>
    private void Take(PoolSnapshot snapshot, string source)
    {
        lock (gate)
        {
            pool.Replace(snapshot, source);
            gap = false;
            foreach (var change in (missed ?? []).Where(change => change.Epoch == snapshot.Epoch).OrderBy(change => change.Sequence))
            {
                gap |= !pool.TryApply(change);
            }

            missed = null;
        }
    }

    [LoggerMessage(LogLevel.Information, "Pool loaded from {Source} at sequence {Sequence}: {Keys} keys, {AccessKeys} access keys.")]
    private partial void LogLoaded(string source, long sequence, int keys, int accessKeys);

    [LoggerMessage(LogLevel.Warning, "Changes of the pool are not heard yet: {Reason}.")]
    private partial void LogNotSubscribed(string reason);

    [LoggerMessage(LogLevel.Error, "The pool could not be brought up to date; the known one stays in use.")]
    private partial void LogStepFailed(Exception e);
}
