using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.Bench;

/// <summary>
/// Questions over ten million stored requests of thirty days: the events are copied in, the views' tables are filled by the views' own folds and statements, and the questions
/// are asked over HTTP as the admin UI asks them.
/// </summary>
internal static class OverviewBench
{
    private const int Requests = 10_000_000;
    private const int Days = 30;
    private const int Repeats = 40;

    /// <summary>How many stretches of days are seeded at once.</summary>
    private const int Lanes = 5;
    private static readonly TimeSpan LongestSeeding = TimeSpan.FromMinutes(25);

    public static async Task RunAsync()
    {
        ProcessorUse.Row($"{Environment.ProcessorCount} cores, load {ProcessorUse.Load}");
        await using var stats = await StatsUnderLoad.StartAsync().ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        var end = TimeBuckets.Of(TimeProvider.System.GetUtcNow());
        await SeedAsync(stats, end).ConfigureAwait(false);
        ProcessorUse.Row($"{Requests:N0} requests seeded in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        await PrintRowsAsync(stats).ConfigureAwait(false);
        await stats.StartServiceAsync().ConfigureAwait(false);
        Console.WriteLine();
        Console.WriteLine("| question | p50 | p95 | worst | answer |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        foreach (var (what, path) in Questions(end))
        {
            await AskAsync(stats, what, path).ConfigureAwait(false);
        }

        ProcessorUse.Row($"load at the end {ProcessorUse.Load}");
    }

    private static IEnumerable<(string What, string Path)> Questions(DateTimeOffset end)
    {
        foreach (var (range, days, bucket) in ((string, int, string)[])[("24 h", 1, "1h"), ("7 days", 7, "6h"), ("30 days", 30, "1d")])
        {
            yield return ($"overview, {range} by {bucket}", $"/stats/overview?{RangeOf(end, days)}&bucket={bucket}");
        }

        yield return ("overview, 24 h by 15m", $"/stats/overview?{RangeOf(end, 1)}&bucket=15m");
        yield return ("overview, 30 days by 6h", $"/stats/overview?{RangeOf(end, 30)}&bucket=6h");
        foreach (var group in (string[])["model", "outcome", "key", "accessKey"])
        {
            foreach (var (range, days, bucket) in ((string, int, string)[])[("24 h", 1, "1h"), ("30 days", 30, "1d")])
            {
                yield return ($"usage by {group}, sum of {range}, Europe/Berlin", $"/stats/usage?{RangeOf(end, days)}&tz=Europe/Berlin&groupBy={group}");
                yield return ($"usage by {group}, {range} by {bucket}, Europe/Berlin", $"/stats/usage?{RangeOf(end, days)}&tz=Europe/Berlin&groupBy={group}&bucket={bucket}");
            }
        }

        yield return ("usage by model of one access key, 30 days", $"/stats/usage?{RangeOf(end, 30)}&groupBy=model&accessKey={SampleFacts.AccessKeyOf(7)}");
        yield return ("latency, 24 h by 1h", $"/stats/latency?{RangeOf(end, 1)}&bucket=1h");
        yield return ("requests, newest 50", $"/stats/requests?{RangeOf(end, 30)}");
        yield return ("requests, newest 50 of one key that failed", $"/stats/requests?{RangeOf(end, 30)}&key={SampleFacts.KeyOf(3)}&outcome=UpstreamError");
        yield return ("failures, newest 100", "/stats/failures");
    }

    private static string RangeOf(DateTimeOffset end, int days) => string.Create(CultureInfo.InvariantCulture, $"from={end.AddDays(-days):yyyy-MM-ddTHH:mmZ}&to={end:yyyy-MM-ddTHH:mmZ}");

    private static async Task AskAsync(StatsUnderLoad stats, string what, string path)
    {
        var times = new List<double>();
        long bytes = 0;
        for (var repeat = -3; repeat < Repeats; repeat++)
        {
            var started = Stopwatch.GetTimestamp();
            using var response = await stats.Client.GetAsync(new Uri(path, UriKind.Relative)).ConfigureAwait(false);
            bytes = (await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false)).Length;
            response.EnsureSuccessStatusCode();
            if (repeat >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            // A question that takes seconds need not be asked forty times.
            if (times.Sum() > 20_000)
            {
                break;
            }
        }

        times.Sort();
        ProcessorUse.Row($"| {what} | {times[(times.Count - 1) / 2]:0} ms | {times[(int)Math.Ceiling(0.95 * times.Count) - 1]:0} ms | {times[^1]:0} ms | {bytes / 1024.0:0.0} KB |");
    }

    private static async Task SeedAsync(StatsUnderLoad stats, DateTimeOffset end)
    {
        await using var rooms = new ServiceCollection().AddKeepers().BuildServiceProvider();
        IView[] views = [.. rooms.GetServices<IView>()];
        foreach (var table in views.SelectMany(view => view.Tables).Select(table => table.Identifier.QualifiedName).Append("stats.mt_events"))
        {
            // Nobody wants the seed back after a crash.
            await stats.ExecuteAsync($"alter table {table} set unlogged").ConfigureAwait(false);
        }

        // Nobody asks for the streams, and checking ten million events for theirs takes minutes.
        await stats.ExecuteAsync("alter table stats.mt_events drop constraint if exists fkey_mt_events_stream_id").ConfigureAwait(false);
        using var limit = new CancellationTokenSource(LongestSeeding);

        // Lanes meet in rows that have no time of their own, as the last use of a key, and would lock each other out.
        using SemaphoreSlim turn = new(1);
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(async () =>
        {
            var pages = Channel.CreateBounded<RequestFact[]>(8);
            using var whole = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
            var copying = CopyAllAsync();
            try
            {
                await FoldAsync(stats, views, pages.Reader, turn, whole.Token).ConfigureAwait(false);
            }
            catch
            {
                await whole.CancelAsync().ConfigureAwait(false);
                throw;
            }
            finally
            {
                await copying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await copying.ConfigureAwait(false);

            async Task CopyAllAsync()
            {
                try
                {
                    await CopyAsync(stats, end, lane, pages.Writer, whole.Token).ConfigureAwait(false);
                    pages.Writer.Complete();
                }
                catch (Exception e)
                {
                    pages.Writer.Complete(e);
                    throw;
                }
            }
        }))).ConfigureAwait(false);
        await stats.ExecuteAsync($"select setval('stats.mt_events_sequence', {Requests})").ConfigureAwait(false);
        await stats.ExecuteAsync($"insert into stats.mt_event_progression (name, last_seq_id) select unnest(array['HighWaterMark', {string.Join(", ", views.Select(view => $"'{ViewPositions.ShardOf(view.Name)}'"))}]), {Requests}").ConfigureAwait(false);
        await stats.ExecuteAsync("vacuum analyze").ConfigureAwait(false);
    }

    /// <summary>Copies one lane's days in: more requests by day than by night, a quarter of an hour after the other.</summary>
    private static async Task CopyAsync(StatsUnderLoad stats, DateTimeOffset end, int lane, ChannelWriter<RequestFact[]> folded, CancellationToken cancellation)
    {
        const int quarters = Days * 96 / Lanes;
        const long requests = Requests / Lanes;
        var samples = new SampleFacts(seed: 7 + lane);
        var weights = Enumerable.Range(0, quarters).Select(quarter => 1.2 - Math.Cos(2 * Math.PI * quarter / 96)).ToArray();
        await using var connection = await stats.Database.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await using var copy = await connection.BeginBinaryImportAsync(
            "copy stats.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, is_archived) from stdin binary", cancellation).ConfigureAwait(false);
        copy.Timeout = LongestSeeding;
        var number = lane * requests;
        var last = number + requests;
        double due = number;
        var (stream, version) = (Guid.Empty, 0L);
        for (var quarter = 0; quarter < quarters; quarter++)
        {
            due += requests * weights[quarter] / weights.Sum();
            var count = (int)(quarter == quarters - 1 ? last - number : Math.Round(due) - number);
            var from = end.AddDays(-Days) + (((lane * quarters) + quarter) * TimeBuckets.Width);
            var facts = new RequestFact[count];
            for (var i = 0; i < count; i++)
            {
                var at = from + (TimeBuckets.Width * (i / (double)count));
                facts[i] = samples.At(at);
                if (number++ % RequestsCompleted.MaximumFacts == 0)
                {
                    (stream, version) = (Guid.CreateVersion7(at), 0);
                }

                await copy.StartRowAsync(cancellation).ConfigureAwait(false);
                await copy.WriteAsync(number, NpgsqlDbType.Bigint, cancellation).ConfigureAwait(false);
                await copy.WriteAsync(facts[i].Id, NpgsqlDbType.Uuid, cancellation).ConfigureAwait(false);
                await copy.WriteAsync(stream, NpgsqlDbType.Uuid, cancellation).ConfigureAwait(false);
                await copy.WriteAsync(++version, NpgsqlDbType.Bigint, cancellation).ConfigureAwait(false);
                await copy.WriteAsync(StoredFacts.Write(facts[i]), NpgsqlDbType.Jsonb, cancellation).ConfigureAwait(false);
                await copy.WriteAsync(EventNames.RequestCompleted, NpgsqlDbType.Varchar, cancellation).ConfigureAwait(false);
                await copy.WriteAsync(at, NpgsqlDbType.TimestampTz, cancellation).ConfigureAwait(false);
                await copy.WriteAsync("*DEFAULT*", NpgsqlDbType.Varchar, cancellation).ConfigureAwait(false);
                await copy.WriteAsync(EventNames.RequestCompleted, NpgsqlDbType.Varchar, cancellation).ConfigureAwait(false);
                await copy.WriteAsync(false, NpgsqlDbType.Boolean, cancellation).ConfigureAwait(false);
            }

            await folded.WriteAsync(facts, cancellation).ConfigureAwait(false);
        }

        await copy.CompleteAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task FoldAsync(StatsUnderLoad stats, IView[] views, ChannelReader<RequestFact[]> pages, SemaphoreSlim turn, CancellationToken cancellation)
    {
        await using var connection = await stats.Database.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await foreach (var page in pages.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            var changes = views.SelectMany(view => view.Project(page)).ToList();
            await turn.WaitAsync(cancellation).ConfigureAwait(false);
            using var held = new Held(turn);
            foreach (var change in changes)
            {
                var number = 0;
                await using var command = new NpgsqlCommand(string.Concat(change.Sql.Select(c => c == '?' ? string.Create(CultureInfo.InvariantCulture, $"${++number}") : c.ToString())), connection);
                foreach (var value in change.Parameters)
                {
                    var parameter = new NpgsqlParameter { Value = value };
                    if (value is DateTimeOffset[])
                    {
                        parameter.NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz;
                    }

                    command.Parameters.Add(parameter);
                }

                await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    private static async Task PrintRowsAsync(StatsUnderLoad stats)
    {
        await using var command = stats.Database.CreateCommand("""
            select string_agg(format('%s %s', c.relname, to_char(c.reltuples::bigint, 'FM999,999,999')), ', ' order by c.reltuples desc)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'stats' and c.relkind = 'r' and c.reltuples > 100
            """);
        Console.WriteLine($"Rows: {await command.ExecuteScalarAsync().ConfigureAwait(false)}");
    }

    private readonly struct Held(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
