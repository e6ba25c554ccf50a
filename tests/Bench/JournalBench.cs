using System.Diagnostics;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Reporting.Journaling;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace GeminiBalance.Bench;

/// <summary>What the journal costs a request: its start and its fact, with <c>Sync=Process</c>, on the disk of the temporary folder.</summary>
internal static class JournalBench
{
    private const int Rounds = 7;
    private const int PerRound = 25_000;
    private const int Distinct = 1_000;

    public static async Task RunAsync()
    {
        ProcessorUse.Row($"{Environment.ProcessorCount} cores, load {ProcessorUse.Load}; {Rounds} rounds of {PerRound:N0} requests; median, best and worst round");
        Console.WriteLine();
        Console.WriteLine("| start and fact of a request | CPU median | best | worst | requests/s | bytes on disk | allocated |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var clients in (int[])[1, 2, 64])
        {
            await RunAsync(clients, withPump: false).ConfigureAwait(false);
        }

        await RunAsync(64, withPump: true).ConfigureAwait(false);
        Console.WriteLine();
        await JournalShare.RunAsync().ConfigureAwait(false);
    }

    private static async Task RunAsync(int clients, bool withPump)
    {
        using var rig = new JournalUnderLoad(withPump);
        var facts = new SampleFacts(seed: 1);
        var samples = Enumerable.Range(0, Distinct).Select(_ => facts.At(TimeProvider.System.GetUtcNow())).ToArray();
        await RoundAsync(rig.Journal, samples, clients, PerRound).ConfigureAwait(false);

        List<double> processor = [], rates = [];
        double bytes = 0, allocated = 0;
        using var use = new ProcessorUse();
        for (var round = 0; round < Rounds; round++)
        {
            var (written, heap) = (rig.BytesWritten, GC.GetTotalAllocatedBytes(precise: true));
            use.Restart();
            await RoundAsync(rig.Journal, samples, clients, PerRound).ConfigureAwait(false);
            rates.Add(PerRound / use.Elapsed.TotalSeconds);
            await rig.DrainedAsync().ConfigureAwait(false);
            processor.Add(use.Processor.TotalMicroseconds / PerRound);
            bytes = (rig.BytesWritten - written) / (double)PerRound;
            allocated = (GC.GetTotalAllocatedBytes(precise: true) - heap) / (double)PerRound;
        }

        ProcessorUse.Row($"| {clients} at once{(withPump ? ", and the pump reads all of it back into batches" : "")} | {ProcessorUse.Median(processor):0.0} us | {processor.Min():0.0} us | {processor.Max():0.0} us | {ProcessorUse.Median(rates):N0} | {bytes:0} | {allocated:0} B |");
    }

    private static Task RoundAsync(Journal journal, RequestFact[] samples, int clients, int count) => Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
    {
        for (var i = client; i < count; i += clients)
        {
            var fact = samples[i % samples.Length];
            var began = await journal.BeginAsync(new RequestStart(fact.Id, fact.StartedAt, fact.Operation, fact.AccessKeyId, fact.KeyId!.Value, fact.ModelAsked, fact.Streamed, 1_024, null)).ConfigureAwait(false);
            await journal.RecordAsync(fact, began).ConfigureAwait(false);
        }
    })));
}

/// <summary>A journal in a folder of its own, kept in order as in the gateway, with or without the pump; the bus confirms at once.</summary>
internal sealed class JournalUnderLoad : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("gb-bench-journal-").FullName;
    private readonly CancellationTokenSource over = new();
    private readonly JournalStore store;
    private readonly JournalPump? pump;
    private readonly Task keeping;

    /// <summary>Starts one.</summary>
    /// <param name="withPump">Whether what is written is read back and batched.</param>
    public JournalUnderLoad(bool withPump)
    {
        var options = new Always<JournalOptions>(new JournalOptions { Retention = TimeSpan.Zero });
        var metrics = new JournalMetrics(new PlainMeters());
        store = new JournalStore(JournalFolder.Claim(root));
        Journal = new Journal(store, new JournalDisk(), options, TimeProvider.System, NullLogger<Journal>.Instance);
        var keeper = new JournalKeeper(Journal, store, new JournalRecovery(metrics, NullLogger<JournalRecovery>.Instance), options, TimeProvider.System, NullLogger<JournalKeeper>.Instance);
        keeping = KeepAsync(keeper);
        if (withPump)
        {
            pump = new JournalPump(store, Journal, (_, _) => Task.CompletedTask, new("bench"), metrics, TimeProvider.System, NullLogger<JournalPump>.Instance);
            _ = pump.StartAsync(CancellationToken.None);
        }
    }

    /// <summary>The journal.</summary>
    public Journal Journal { get; }

    /// <summary>Bytes of all segments.</summary>
    public long BytesWritten => store.Segments.Sum(segment => segment.Length);

    /// <summary>Returns when the pump, if there is one, has sent everything.</summary>
    public async Task DrainedAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (pump is not null && store.Unsent > 0)
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(1))
            {
                throw new TimeoutException("The pump did not send everything within a minute.");
            }

            await Task.Delay(5).ConfigureAwait(false);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        over.Cancel();
        pump?.StopAsync(CancellationToken.None).GetAwaiter().GetResult();
        pump?.Dispose();
        keeping.GetAwaiter().GetResult();
        Journal.Dispose();
        store.Dispose();
        over.Dispose();
        Directory.Delete(root, recursive: true);
    }

    private async Task KeepAsync(JournalKeeper keeper)
    {
        while (!over.IsCancellationRequested)
        {
            keeper.Keep(closeAll: false);
            await Task.Delay(100, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <summary>Options that never change.</summary>
internal sealed class Always<T>(T value) : IOptionsMonitor<T>
{
    public T CurrentValue => value;

    public T Get(string? name) => value;

    public IDisposable? OnChange(Action<T, string?> listener) => null;
}

/// <summary>Meters nobody listens to.</summary>
internal sealed class PlainMeters : System.Diagnostics.Metrics.IMeterFactory
{
    public System.Diagnostics.Metrics.Meter Create(System.Diagnostics.Metrics.MeterOptions options) => new(options);

    public void Dispose()
    {
    }
}
