using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Tests.Servers;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Ledger;

public sealed class SegmentsTests(ServersFixture servers)
{
    [Fact]
    public async Task Segment_BatchAfterBatchHoweverOften_IsConfirmedOnceAllIsStored()
    {
        await using var service = await InProcess.StartAsync(servers);
        var segments = service.Get<Segments>();
        var segment = Guid.CreateVersion7();
        var first = Facts.Batch(Facts.Fact(), Facts.Fact()) with { Segment = segment };
        var second = Facts.Batch(Facts.Fact(), Facts.Fact() with { Tokens = null }) with { Segment = segment };
        SegmentClosed[] stated = [new("proxy-1", segment, Facts.Noon, Facts.Noon.AddMinutes(1), 4, 60)];
        await service.Facts.StoreAsync(first, default);
        var early = Assert.Single(await segments.StateAsync(stated, default));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(() => service.Facts.StoreAsync(n % 2 == 0 ? first : second, default))));
        var late = Assert.Single(await segments.StateAsync(stated, default));

        Assert.Equal(new SegmentVerdict(segment, SegmentState.Incomplete, 2, 40), early);
        Assert.Equal(new SegmentVerdict(segment, SegmentState.Confirmed, 4, 60), late);
        var reconciliation = await segments.ReconciliationAsync(10, default);
        Assert.Equal((0, 0, 1, 0), (reconciliation.Open, reconciliation.Incomplete, reconciliation.Confirmed, reconciliation.Mismatch));
    }

    [Fact]
    public async Task Segment_WithOtherTokensOrMoreFacts_IsAMismatchThatShows()
    {
        await using var service = await InProcess.StartAsync(servers);
        var segments = service.Get<Segments>();
        var (otherTokens, moreFacts) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await service.Facts.StoreAsync(Facts.Batch(Facts.Fact()) with { Segment = otherTokens }, default);
        await service.Facts.StoreAsync(Facts.Batch(Facts.Fact(), Facts.Fact()) with { Segment = moreFacts }, default);

        var verdicts = await segments.StateAsync(
            [new("proxy-1", otherTokens, Facts.Noon, Facts.Noon, 1, 21), new("proxy-1", moreFacts, Facts.Noon, Facts.Noon, 1, 20)], default);

        Assert.All(verdicts, verdict => Assert.Equal(SegmentState.Mismatch, verdict.State));
        Assert.Equal(2, await segments.MismatchesAsync(default));
        Assert.Equal(2, (await segments.ReconciliationAsync(10, default)).Differing.Count);
    }

    [Fact]
    public async Task ParkedFact_OfASegment_CountsForItOnceAndIsKept()
    {
        await using var service = await InProcess.StartAsync(servers);
        var segment = Guid.CreateVersion7();
        var batch = Facts.Batch(Facts.Fact(), Facts.Fact() with { ErrorCode = "a\0b" }, Facts.Fact() with { Attempts = null! }) with { Segment = segment };

        var once = await service.Facts.StoreAsync(batch, default);
        var again = await service.Facts.StoreAsync(batch, default);
        var verdict = Assert.Single(await service.Get<Segments>().StateAsync([new("proxy-1", segment, Facts.Noon, Facts.Noon, 3, 60)], default));

        Assert.Equal((1, 0, 2), (once.Stored, once.Known, once.Refused.Count));
        Assert.Equal((0, 1, 2), (again.Stored, again.Known, again.Refused.Count));
        Assert.Equal(SegmentState.Confirmed, verdict.State);
        var parked = await service.Get<ParkedFacts>().ListAsync(10, default);
        Assert.Equal([1, 2], parked.Select(fact => fact.Position).Order());
        Assert.Equal("a\0b", parked.Single(fact => fact.Position == 1).Fact!.ErrorCode);
    }
}
