using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.StatsService.Tests;

/// <summary>The live feed, narrowed.</summary>
public sealed partial class ServiceTests
{
    [Fact]
    public async Task Live_Narrowed_TicksForWhatIsMeantAndForNothingElse()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var path = $"/stats/live?model=gemini-on-air&accessKey={Facts.Bob}&outcome=noKey&operation=chatCompletion";
        await using var stream = await running.Service.Client.GetStreamAsync(new Uri(path, UriKind.Relative), limit.Token);
        using var lines = new StreamReader(stream);
        await TickAsync(lines, limit.Token);
        var start = await AllSeenAsync(beyond: -1);

        var wanted = Facts.Fact(RequestOutcome.NoKey, Hour(23), "gemini-on-air", accessKey: Facts.Bob);
        await running.Publisher.SendAsync(Facts.Batch(
            Facts.Fact(RequestOutcome.NoKey, Hour(23), "gemini-off-air", accessKey: Facts.Bob),
            Facts.Fact(RequestOutcome.NoKey, Hour(23), "gemini-on-air", accessKey: Facts.Alice),
            Facts.Fact(RequestOutcome.Aborted, Hour(23), "gemini-on-air", accessKey: Facts.Bob),
            wanted with { Id = Guid.CreateVersion7(), Operation = RequestOperation.Embedding }));
        await SeenAsync(Hour(23), 4);
        var others = await AllSeenAsync(beyond: start);
        await running.Publisher.SendAsync(Facts.Batch(wanted));
        await SeenAsync(Hour(23), 5);

        LiveTick tick;
        do
        {
            tick = await TickAsync(lines, limit.Token);
            Assert.False(tick.Position > start && tick.Position <= others, $"A tick at {tick.Position}, where only others' requests were.");
        }
        while (tick.Position <= start);
    }

    /// <summary>The position all views have reached, once none is behind it.</summary>
    private async Task<long> AllSeenAsync(long beyond) => (await Eventually.ValueAsync(async () =>
    {
        var now = await running.Service.StatusAsync();
        return now.HighWater > beyond && now.LagSeconds == 0 && now.Views.Values.All(position => position == now.HighWater) ? now : null;
    }, Soon, "every view at the high-water mark")).HighWater;
}
