using System.Runtime.InteropServices;
using GeminiBalance.Contracts;
using MassTransit;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>Where the use of keys is told.</summary>
internal interface IUsageReport
{
    /// <summary>Tells of one upstream call that has ended.</summary>
    /// <param name="key">The key used.</param>
    /// <param name="model">The model asked for.</param>
    /// <param name="succeeded">Whether it was answered.</param>
    /// <param name="inputTokens">Input tokens it cost.</param>
    /// <param name="outputTokens">Output tokens it cost, thoughts included.</param>
    /// <param name="latencyMs">Milliseconds until the first byte.</param>
    void Used(Guid key, string model, bool succeeded, long inputTokens, long outputTokens, double latencyMs);
}

/// <summary>The use of one key for one model at the end of a second.</summary>
/// <param name="At">The end of the second (UTC).</param>
/// <param name="Usage">The use.</param>
internal readonly record struct UsageOfSecond(DateTimeOffset At, KeyUsage Usage);

/// <summary>
/// Adds up what keys are used for and publishes it every second as <see cref="KeyUsageReported"/>, so that KeyHealthService knows the use of all replicas. The
/// sums of a time in which the bus is away for long are lost when the queue is full: quotas are then seen as less used than they are, until the upstream says so.
/// </summary>
internal sealed class UsagePump : BatchPump<UsageOfSecond>, IUsageReport
{
    private const int Capacity = 20_000;

    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private Dictionary<(Guid Key, string Model), Tally> tallies = [];

    /// <summary>Publishes over the bus.</summary>
    public UsagePump(IBus bus, ReplicaName replica, TimeProvider time, ILogger<UsagePump> logger)
        : this((id, batch, cancel) => bus.Publish(new KeyUsageReported(id, replica.Value, batch[0].At, [.. batch.Select(item => item.Usage)]), context => context.MessageId = id, cancel), time, logger)
    {
    }

    /// <summary>Publishes by any means.</summary>
    internal UsagePump(Func<Guid, IReadOnlyList<UsageOfSecond>, CancellationToken, Task> publish, TimeProvider time, ILogger logger)
        : base(Capacity, publish, logger)
    {
        this.time = time;
        LongestDrain = TimeSpan.FromSeconds(1);
    }

    /// <inheritdoc />
    public void Used(Guid key, string model, bool succeeded, long inputTokens, long outputTokens, double latencyMs)
    {
        lock (gate)
        {
            ref var tally = ref CollectionsMarshal.GetValueRefOrAddDefault(tallies, (key, model), out _);
            tally.Requests++;
            tally.Successes += succeeded ? 1 : 0;
            tally.Input += inputTokens;
            tally.Output += outputTokens;
            tally.Latency += succeeded ? latencyMs : 0;
        }
    }

    /// <summary>Passes on what was added up since the last time.</summary>
    public void Tick()
    {
        Dictionary<(Guid Key, string Model), Tally> ended;
        lock (gate)
        {
            if (tallies.Count == 0)
            {
                return;
            }

            ended = tallies;
            tallies = [];
        }

        var at = time.GetUtcNow();
        foreach (var ((key, model), tally) in ended)
        {
            TryEnqueue(new UsageOfSecond(at, new KeyUsage(key, model, tally.Requests, tally.Successes, tally.Input, tally.Output, Math.Round(tally.Latency, 3))));
        }
    }

    /// <inheritdoc />
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        Tick();
        return base.StopAsync(cancellationToken);
    }

    /// <summary>Sums of one key and model.</summary>
    private struct Tally
    {
        public long Requests;
        public long Successes;
        public long Input;
        public long Output;
        public double Latency;
    }
}

/// <summary>Ends a second of <see cref="UsagePump"/>.</summary>
internal sealed partial class UsageTick(UsagePump pump, TimeProvider time, ILogger<UsageTick> logger) : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                TryTick();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end of the host.
        }
    }

    private void TryTick()
    {
        try
        {
            pump.Tick();
        }
        catch (Exception e)
        {
            LogLost(e);
        }
    }

    [LoggerMessage(LogLevel.Error, "The use of a second could not be passed on.")]
    private partial void LogLost(Exception e);
}
