using System.Threading.Channels;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>
/// A bounded queue in memory and the one loop that publishes what is in it, in batches. Publishing may hang for as long as the broker is silent, so every
/// attempt has its own deadline; a batch is then sent again unchanged, under the same id, for it may have arrived after all.
/// </summary>
/// <typeparam name="T">What is sent.</typeparam>
/// <param name="capacity">The most items waiting.</param>
/// <param name="publish">Publishes a batch under an id; returns when the broker has confirmed it.</param>
/// <param name="logger">The log.</param>
internal abstract partial class BatchPump<T>(int capacity, Func<Guid, IReadOnlyList<T>, CancellationToken, Task> publish, ILogger logger) : BackgroundService
{
    /// <summary>The most items in one batch.</summary>
    public const int MaximumBatch = 200;

    private const int MostInFlight = 8;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(50);

    private readonly Channel<T> queue = Channel.CreateBounded<T>(new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly SemaphoreSlim slots = new(MostInFlight, MostInFlight);
    private readonly CancellationTokenSource giveUp = new();
    private long unsent;
    private int overflowed;

    /// <summary>Items that are not confirmed yet.</summary>
    public long Unsent => Interlocked.Read(ref unsent);

    /// <summary>How long one attempt to publish may take.</summary>
    internal TimeSpan PublishTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the stop of the host waits for what is unsent.</summary>
    internal TimeSpan LongestDrain { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The wait before a batch is sent again.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Writer.TryComplete();
        if (ExecuteTask is { } running)
        {
            await running.WaitAsync(LongestDrain, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await giveUp.CancelAsync().ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        if (Unsent > 0)
        {
            LogLost(Unsent, typeof(T).Name);
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        slots.Dispose();
        giveUp.Dispose();
        base.Dispose();
    }

    /// <summary>Puts an item into the queue.</summary>
    /// <returns>False when the queue is full: the item is lost.</returns>
    protected bool TryEnqueue(T item)
    {
        Interlocked.Increment(ref unsent);
        if (queue.Writer.TryWrite(item))
        {
            return true;
        }

        Interlocked.Decrement(ref unsent);
        if (Interlocked.Exchange(ref overflowed, 1) == 0)
        {
            LogFull(capacity, typeof(T).Name);
        }

        return false;
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var sending = new List<Task>();
        while (await queue.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            var batch = await CollectAsync().ConfigureAwait(false);
            await slots.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            sending.RemoveAll(task => task.IsCompleted);
            sending.Add(SendAsync(batch));
        }

        await Task.WhenAll(sending).ConfigureAwait(false);
    }

    private async Task<List<T>> CollectAsync()
    {
        var batch = new List<T>();
        Take(batch);
        if (batch.Count < MaximumBatch && !queue.Reader.Completion.IsCompleted)
        {
            await Task.Delay(Window).ConfigureAwait(false);
            Take(batch);
        }

        return batch;
    }

    private void Take(List<T> batch)
    {
        while (batch.Count < MaximumBatch && queue.Reader.TryRead(out var item))
        {
            batch.Add(item);
        }
    }

    private async Task SendAsync(List<T> batch)
    {
        var id = Guid.CreateVersion7();
        try
        {
            while (true)
            {
                try
                {
                    using var deadline = CancellationTokenSource.CreateLinkedTokenSource(giveUp.Token);
                    deadline.CancelAfter(PublishTimeout);

                    // The token alone is not enough: a cancelled publish has been seen to return only much later.
                    await publish(id, batch, deadline.Token).WaitAsync(PublishTimeout, giveUp.Token).ConfigureAwait(false);
                    Interlocked.Add(ref unsent, -batch.Count);
                    Volatile.Write(ref overflowed, 0);
                    return;
                }
                catch (Exception e) when (!giveUp.IsCancellationRequested)
                {
                    LogRetry(batch.Count, typeof(T).Name, e.GetType().Name);
                    await Task.Delay(RetryDelay, giveUp.Token).ConfigureAwait(false);
                }
            }
        }
        catch (Exception) when (giveUp.IsCancellationRequested)
        {
            // Counted as unsent at the end of StopAsync.
        }
        finally
        {
            slots.Release();
        }
    }

    [LoggerMessage(LogLevel.Warning, "The bus has not confirmed {Count} items of {Kind} ({Reason}); they are sent again.")]
    private partial void LogRetry(int count, string kind, string reason);

    [LoggerMessage(LogLevel.Error, "The queue of {Capacity} items of {Kind} is full; further ones are lost until the bus takes some.")]
    private partial void LogFull(int capacity, string kind);

    [LoggerMessage(LogLevel.Error, "{Count} items of {Kind} could not be sent before the end and are lost.")]
    private partial void LogLost(long count, string kind);
}
