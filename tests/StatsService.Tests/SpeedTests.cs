using System.Diagnostics;
using GeminiBalance.StatsService.Tests.Servers;
using Xunit;

namespace GeminiBalance.StatsService.Tests;

/// <summary>Figures, not a check: run by name with <c>-explicit only</c>.</summary>
[Collection(BusCollection.Name)]
public sealed class SpeedTests(RunningService running) : IClassFixture<RunningService>
{
    private const int Count = 20_000;

    [Fact(Explicit = true)]
    public async Task TwentyThousandFacts_FromTheBusIntoTheViews_TellTheirSpeed()
    {
        await running.Publisher.SendAsync(Facts.Batches(Facts.Many(2_000, seed: 1, DateTimeOffset.UtcNow)));
        await SeenAsync(2_000);
        using var process = Process.GetProcessById(running.Service.Id);
        var processor = process.TotalProcessorTime;
        var batches = Facts.Batches(Facts.Many(Count, seed: 2, DateTimeOffset.UtcNow)).ToArray();
        var watch = Stopwatch.StartNew();

        await running.Publisher.SendAsync(batches);
        var sent = watch.Elapsed;
        await SeenAsync(2_000 + Count);
        var seen = watch.Elapsed;
        process.Refresh();

        TestContext.Current.TestOutputHelper?.WriteLine(
            "{0} facts: sent after {1:0} ms, in the views after {2:0} ms ({3:0} facts/s); StatsService used {4:0} us of processor a fact, {5} MiB",
            Count, sent.TotalMilliseconds, seen.TotalMilliseconds, Count / seen.TotalSeconds,
            (process.TotalProcessorTime - processor).TotalMicroseconds / Count, process.WorkingSet64 >> 20);
    }

    /// <summary>Looks only when the live feed ticks, so that looking costs the service little.</summary>
    private async Task SeenAsync(long requests)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await using var stream = await running.Service.Client.GetStreamAsync(new Uri("/stats/live", UriKind.Relative), limit.Token);
        using var lines = new StreamReader(stream);
        while (await lines.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                var overview = await running.Service.OverviewAsync();
                if (overview.Counts.Requests == requests && overview.LagSeconds == 0)
                {
                    return;
                }
            }
        }

        throw new EndOfStreamException("The live feed ended.");
    }
}
