using System.Collections.Concurrent;
using System.Diagnostics;
using GeminiBalance.Contracts;

namespace GeminiBalance.Bench;

/// <summary>How far the views are behind what proxies send at a steady rate: from the publishing of a batch to all views having counted it.</summary>
internal static class IngestBench
{
    private const int Rate = 5_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromMinutes(4);

    public static async Task RunAsync()
    {
        ProcessorUse.Row($"{Environment.ProcessorCount} cores, load {ProcessorUse.Load}");
        await using var stats = await StatsUnderLoad.StartAsync().ConfigureAwait(false);
        await stats.StartServiceAsync().ConfigureAwait(false);
        var warm = await SendAsync(stats, new SampleFacts(seed: 1), Rate / 2, WarmUp).ConfigureAwait(false);
        await warm.SeenAsync(stats, LongestDrain).ConfigureAwait(false);

        var before = ProcessTree.Read();
        var started = Stopwatch.GetTimestamp();
        var run = await SendAsync(stats, new SampleFacts(seed: 2), Rate, Length).ConfigureAwait(false);
        var sent = Stopwatch.GetElapsedTime(started);
        await run.SeenAsync(stats, LongestDrain).ConfigureAwait(false);
        var seen = Stopwatch.GetElapsedTime(started);
        var after = ProcessTree.Read();
        await stats.ExpectCountedAsync(warm.Count + run.Count).ConfigureAwait(false);

        var lags = run.Lags();
        Console.WriteLine();
        Console.WriteLine("| facts | asked/s | sent/s | in the views/s | lag p50 | p99 | worst | load at the end | StatsService |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        ProcessorUse.Row($"| {run.Count:N0} | {Rate:N0} | {run.Count / sent.TotalSeconds:N0} | {run.Count / seen.TotalSeconds:N0} | {Quantile(lags, 0.5):0.00} s | {Quantile(lags, 0.99):0.00} s | {lags[^1]:0.00} s | {ProcessorUse.Load} | {after["StatsService"].Resident >> 20} MiB |");
        Console.WriteLine();
        Console.WriteLine($"CPU, us for each fact: {ProcessTree.Between(before, after, run.Count)}");
    }

    private static async Task<SentRun> SendAsync(StatsUnderLoad stats, SampleFacts facts, int rate, TimeSpan length)
    {
        var run = new SentRun(await stats.SeenAsync().ConfigureAwait(false));
        var watching = run.WatchAsync(stats, Look);
        var started = Stopwatch.GetTimestamp();
        var sending = new List<Task>();
        using var slots = new SemaphoreSlim(8, 8);
        var batches = (int)(rate * length.TotalSeconds / RequestsCompleted.MaximumFacts);
        for (var number = 0; number < batches; number++)
        {
            var due = TimeSpan.FromSeconds(number * RequestsCompleted.MaximumFacts / (double)rate) - Stopwatch.GetElapsedTime(started);
            if (due > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(due).ConfigureAwait(false);
            }

            var batch = new RequestFact[RequestsCompleted.MaximumFacts];
            for (var i = 0; i < batch.Length; i++)
            {
                batch[i] = facts.At(TimeProvider.System.GetUtcNow());
            }

            await slots.WaitAsync().ConfigureAwait(false);
            run.Sent(batch.Length);
            sending.Add(OneAsync(batch));
        }

        await Task.WhenAll(sending).ConfigureAwait(false);
        run.AllSent(watching);
        return run;

        async Task OneAsync(RequestFact[] batch)
        {
            try
            {
                await stats.SendAsync(batch).ConfigureAwait(false);
            }
            finally
            {
                slots.Release();
            }
        }
    }

    private static double Quantile(double[] sorted, double q) => sorted[(int)Math.Ceiling(q * sorted.Length) - 1];

    /// <summary>When batches were sent, and when the views had seen how much.</summary>
    /// <param name="from">The number of the last event before.</param>
    private sealed class SentRun(long from)
    {
        private readonly List<(long Count, long At)> sent = [];
        private readonly ConcurrentQueue<(long Position, long At)> looks = new();
        private readonly CancellationTokenSource over = new();
        private Task watching = Task.CompletedTask;

        /// <summary>Facts sent.</summary>
        public long Count { get; private set; }

        public void Sent(int facts) => sent.Add((Count += facts, Stopwatch.GetTimestamp()));

        public void AllSent(Task watch) => watching = watch;

        public async Task WatchAsync(StatsUnderLoad stats, TimeSpan look)
        {
            while (!over.IsCancellationRequested)
            {
                looks.Enqueue((await stats.SeenAsync().ConfigureAwait(false) - from, Stopwatch.GetTimestamp()));
                await Task.Delay(look, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        /// <summary>Returns when the views have seen everything.</summary>
        public async Task SeenAsync(StatsUnderLoad stats, TimeSpan within)
        {
            var started = Stopwatch.GetTimestamp();
            while (await stats.SeenAsync().ConfigureAwait(false) - from < Count)
            {
                if (Stopwatch.GetElapsedTime(started) > within)
                {
                    throw new TimeoutException($"After {within} the views had not seen everything.");
                }

                await Task.Delay(20).ConfigureAwait(false);
            }

            await Task.Delay(100).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
            over.Dispose();
        }

        /// <summary>Seconds from the sending of each batch to the views having seen it, in order of size.</summary>
        public double[] Lags()
        {
            var lags = new List<double>();
            using var look = looks.GetEnumerator();
            look.MoveNext();
            foreach (var (count, at) in sent)
            {
                while (look.Current.Position < count && look.MoveNext())
                {
                }

                lags.Add(Stopwatch.GetElapsedTime(at, look.Current.At).TotalSeconds);
            }

            lags.Sort();
            return [.. lags];
        }
    }
}
