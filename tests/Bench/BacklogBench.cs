using System.Diagnostics;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;

namespace GeminiBalance.Bench;

/// <summary>A million facts wait in the broker while StatsService is away: how fast it works them off, how much memory that takes, and what they take on the disk.</summary>
internal static class BacklogBench
{
    private const int Facts = 1_000_000;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(12);
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public static async Task RunAsync()
    {
        ProcessorUse.Row($"{Environment.ProcessorCount} cores, load {ProcessorUse.Load}");
        await using var stats = await StatsUnderLoad.StartAsync().ConfigureAwait(false);

        // Once, until its queue is there: what is published before that goes nowhere.
        await stats.StartServiceAsync().ConfigureAwait(false);
        var first = BatchOf(0);
        await Eventually.TrueAsync(
            async () =>
            {
                await stats.SendAsync(first).ConfigureAwait(false);
                return await stats.ScalarAsync<long>("select count(*) from stats.mt_events").ConfigureAwait(false) > 0;
            },
            TimeSpan.FromMinutes(1),
            "a batch arrived").ConfigureAwait(false);
        await stats.StopServiceAsync().ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        await FillAsync(stats).ConfigureAwait(false);
        ProcessorUse.Row($"{Facts:N0} facts wait after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s of sending");

        var before = ProcessTree.Read();
        await stats.StartServiceAsync().ConfigureAwait(false);
        started = Stopwatch.GetTimestamp();
        var resident = new List<(TimeSpan At, long Bytes, long Seen)>();
        using (var use = new ProcessorUse(stats.ServiceId))
        {
            for (long seen = 0; seen < Facts; await Task.Delay(1_000).ConfigureAwait(false))
            {
                seen = await stats.SeenAsync().ConfigureAwait(false);
                resident.Add((Stopwatch.GetElapsedTime(started), use.Resident, seen));
                if (resident[^1].At > Longest)
                {
                    throw new TimeoutException($"After {Longest} the views had seen {seen:N0} facts.");
                }
            }
        }

        var took = Stopwatch.GetElapsedTime(started);
        var after = ProcessTree.Read();
        await stats.ExpectCountedAsync(Facts).ConfigureAwait(false);
        Console.WriteLine();
        Console.WriteLine("| drained | facts/s | StatsService at the start | after a quarter | after a half | at the end | most | load at the end |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        ProcessorUse.Row($"| {took.TotalSeconds:0} s | {Facts / took.TotalSeconds:N0} | {resident[0].Bytes >> 20} MiB | {At(Facts / 4)} MiB | {At(Facts / 2)} MiB | {resident[^1].Bytes >> 20} MiB | {resident.Max(sample => sample.Bytes) >> 20} MiB | {ProcessorUse.Load} |");
        Console.WriteLine();
        Console.WriteLine($"CPU, us for each fact: {ProcessTree.Between(before, after, Facts)}");
        await PrintTablesAsync(stats).ConfigureAwait(false);

        long At(long facts) => resident.First(sample => sample.Seen >= facts).Bytes >> 20;
    }

    private static Task FillAsync(StatsUnderLoad stats) => Parallel.ForEachAsync(
        Enumerable.Range(1, (Facts / RequestsCompleted.MaximumFacts) - 1), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (number, cancellation) => await stats.SendAsync(BatchOf(number), cancellation).ConfigureAwait(false));

    /// <summary>One of the million's batches. Spread over a day, as a backlog of a million is.</summary>
    private static List<RequestFact> BatchOf(int number)
    {
        var facts = new SampleFacts(seed: number);
        var begin = Now.AddDays(-1).AddSeconds(86_400d * number * RequestsCompleted.MaximumFacts / Facts);
        return [.. Enumerable.Range(0, RequestsCompleted.MaximumFacts).Select(i => facts.At(begin.AddMilliseconds(80 * i)))];
    }

    private static async Task PrintTablesAsync(StatsUnderLoad stats)
    {
        Console.WriteLine();
        Console.WriteLine("| table | rows | table and toast | indexes | together |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        await stats.ExecuteAsync("analyze").ConfigureAwait(false);
        await using var command = stats.Database.CreateCommand("""
            select c.relname, c.reltuples::bigint, pg_table_size(c.oid), pg_indexes_size(c.oid), pg_total_relation_size(c.oid)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'stats' and c.relkind = 'r' and pg_total_relation_size(c.oid) > 1048576 order by 5 desc
            """);
        long all = 0;
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            all += reader.GetInt64(4);
            ProcessorUse.Row($"| {reader.GetString(0)} | {reader.GetInt64(1):N0} | {reader.GetInt64(2) >> 20} MiB | {reader.GetInt64(3) >> 20} MiB | {reader.GetInt64(4) >> 20} MiB |");
        }

        ProcessorUse.Row($"| all, per million requests | | | | {all / 1e9 * 1_000_000 / Facts:0.00} GB |");
    }
}
