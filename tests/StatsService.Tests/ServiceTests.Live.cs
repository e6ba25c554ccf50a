using System.Text.Json;
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

    [Fact]
    public async Task LiveRequests_Narrowed_AreSentInOrderAndGoOnFromAnId()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var holder = Guid.CreateVersion7();
        var facts = Enumerable.Range(0, 4).Select(n => Facts.Fact(at: Hour(34).AddMinutes(n), accessKey: holder)).ToArray();
        var start = await AllSeenAsync(beyond: -1);
        await running.Publisher.SendAsync(Facts.Batch(Facts.Fact(at: Hour(34)), facts[0], facts[1]));
        string last;
        using (var lines = new StreamReader(await running.Service.Client.GetStreamAsync(new Uri($"/stats/live/requests?accessKey={holder}&after={start}", UriKind.Relative), limit.Token)))
        {
            Assert.Equal(facts[0].Id, (await RequestAsync(lines, limit.Token)).Fact.Id);
            (last, var second) = await RequestAsync(lines, limit.Token);
            Assert.Equal(facts[1].Id, second.Id);

            await running.Publisher.SendAsync(Facts.Batch(facts[2]));
            Assert.Equal(facts[2].Id, (await RequestAsync(lines, limit.Token)).Fact.Id);
        }

        await running.Publisher.SendAsync(Facts.Batch(Facts.Fact(at: Hour(34)), facts[3]));
        using var again = new HttpRequestMessage(HttpMethod.Get, $"/stats/live/requests?accessKey={holder}");
        again.Headers.Add("Last-Event-ID", last);
        using var response = await running.Service.Client.SendAsync(again, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var rest = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(facts[2].Id, (await RequestAsync(rest, limit.Token)).Fact.Id);
        Assert.Equal(facts[3].Id, (await RequestAsync(rest, limit.Token)).Fact.Id);
    }

    private static async Task<(string Id, RequestFact Fact)> RequestAsync(StreamReader lines, CancellationToken cancellation)
    {
        string id = "", kind = "";
        while (await lines.ReadLineAsync(cancellation) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = line["id: ".Length..];
            }
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                kind = line["event: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                Assert.Equal("request", kind);
                return (id, JsonSerializer.Deserialize(line["data: ".Length..], ContractsJson.Default.RequestFact)!);
            }
        }

        throw new EndOfStreamException("The stream ended.");
    }

    /// <summary>The position all views have reached, once none is behind it.</summary>
    private async Task<long> AllSeenAsync(long beyond) => (await Eventually.ValueAsync(async () =>
    {
        var now = await running.Service.StatusAsync();
        return now.HighWater > beyond && now.LagSeconds == 0 && now.Views.Values.All(position => position == now.HighWater) ? now : null;
    }, Soon, "every view at the high-water mark")).HighWater;
}
