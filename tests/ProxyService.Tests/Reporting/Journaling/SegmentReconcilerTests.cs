using System.Collections.Concurrent;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Reporting.Journaling;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Reporting.Journaling;

public sealed class SegmentReconcilerTests : IDisposable
{
    private readonly JournalRig rig = new();
    private readonly ConcurrentQueue<RequestsCompleted> sent = [];
    private readonly List<SegmentClosed> stated = [];
    private readonly JournalPump pump;
    private readonly SegmentReconciler reconciler;
    private SegmentState answer = SegmentState.Confirmed;
    private long stored;
    private Guid eventStore = Guid.CreateVersion7();

    public SegmentReconcilerTests()
    {
        pump = rig.Pump(batch =>
        {
            sent.Enqueue(batch);
            return Task.CompletedTask;
        });
        reconciler = new SegmentReconciler(rig.Store, pump, State, new ReplicaName("proxy-1"), rig.Monitor, rig.Time, NullLogger<SegmentReconciler>.Instance);
    }

    public void Dispose()
    {
        reconciler.Dispose();
        pump.Dispose();
        rig.Dispose();
    }

    [Fact]
    public async Task ClosedSegment_IsStatedAsWritten_AndRemovedOnceConfirmedAndOld()
    {
        await WriteAndSendAsync(3, tokens: 30);

        await reconciler.ReconcileAsync(default);

        var one = Assert.Single(stated);
        Assert.Equal(("proxy-1", 3L, 90L), (one.Proxy, one.Facts, one.TotalTokens));
        Assert.All(sent, batch => Assert.Equal(one.Segment, batch.Segment));
        rig.Keeper.Keep(closeAll: false);
        Assert.Single(rig.Store.Segments);
        rig.Time.Advance(rig.Options.Retention + TimeSpan.FromSeconds(1));
        rig.Keeper.Keep(closeAll: false);
        Assert.Empty(rig.Store.Segments);
    }

    [Theory]
    [InlineData(SegmentState.Incomplete)]
    [InlineData(SegmentState.Mismatch)]
    public async Task SegmentTheStoreDoesNotConfirm_IsNeverRemoved(SegmentState state)
    {
        answer = state;
        await WriteAndSendAsync(3);

        await reconciler.ReconcileAsync(default);
        rig.Time.Advance(TimeSpan.FromDays(30));
        rig.Keeper.Keep(closeAll: false);

        Assert.Single(rig.Store.Segments);
        Assert.Equal(state == SegmentState.Mismatch ? 1 : 0, reconciler.Mismatches);
    }

    [Fact]
    public async Task FactsTheStoreNeverGets_AreSentAgain_InGrowingIntervals()
    {
        answer = SegmentState.Incomplete;
        await WriteAndSendAsync(3);
        sent.Clear();

        await reconciler.ReconcileAsync(default);
        Assert.Empty(sent);
        await AfterAsync(rig.Options.RepublishAfter);
        Assert.Equal(3, sent.Sum(batch => batch.Facts.Count));
        await AfterAsync(rig.Options.RepublishAfter);
        Assert.Equal(3, sent.Sum(batch => batch.Facts.Count));
        await AfterAsync(rig.Options.RepublishAfter);
        Assert.Equal(6, sent.Sum(batch => batch.Facts.Count));
    }

    [Fact]
    public async Task SegmentTheDiskDoesNotGiveBack_HoldsUpNoOther()
    {
        answer = SegmentState.Incomplete;
        await WriteAsync(2, 30);
        await WriteAndSendAsync(3);
        sent.Clear();
        await reconciler.ReconcileAsync(default);
        File.Delete(rig.Store.Segments[0].Path);

        await AfterAsync(rig.Options.RepublishAfter);

        Assert.Equal(3, sent.Sum(batch => batch.Facts.Count));
    }

    [Fact]
    public async Task StoreThatGetsFurther_IsWaitedFor()
    {
        answer = SegmentState.Incomplete;
        await WriteAndSendAsync(3);
        sent.Clear();

        await reconciler.ReconcileAsync(default);
        stored = 1;
        await AfterAsync(rig.Options.RepublishAfter);
        stored = 2;
        await AfterAsync(rig.Options.RepublishAfter);
        Assert.Empty(sent);
        await AfterAsync(rig.Options.RepublishAfter);
        Assert.Equal(3, sent.Sum(batch => batch.Facts.Count));
    }

    [Fact]
    public async Task RestoredStore_GetsAtOnceWhatItHadConfirmedAndLacks()
    {
        await WriteAndSendAsync(3);
        await reconciler.ReconcileAsync(default);
        await reconciler.ReconcileAsync(default);
        Assert.Single(stated);
        sent.Clear();

        (eventStore, answer) = (Guid.CreateVersion7(), SegmentState.Incomplete);
        await reconciler.ReconcileAsync(default);
        await reconciler.ReconcileAsync(default);

        Assert.Equal(2, stated.Count);
        Assert.Equal(3, sent.Sum(batch => batch.Facts.Count));
        Assert.False(rig.Store.Segments[0].Notes.IsConfirmed);
        answer = SegmentState.Confirmed;
        await reconciler.ReconcileAsync(default);
        await reconciler.ReconcileAsync(default);
        Assert.Equal(3, stated.Count);
        Assert.True(rig.Store.Segments[0].Notes.IsConfirmed);
    }

    [Fact]
    public async Task RestoredStore_IsNoticedAfterARestartToo_AndNothingIsSentThatItHas()
    {
        await WriteAndSendAsync(3);
        await reconciler.ReconcileAsync(default);
        sent.Clear();
        rig.Store.Dispose();
        using var next = new JournalRig(root: rig.Root);
        Assert.True(Assert.Single(next.Store.Segments).Notes.IsConfirmed);
        using var nextPump = next.Pump(batch =>
        {
            sent.Enqueue(batch);
            return Task.CompletedTask;
        });
        using var again = new SegmentReconciler(next.Store, nextPump, State, new ReplicaName("proxy-1"), next.Monitor, next.Time, NullLogger<SegmentReconciler>.Instance);

        eventStore = Guid.CreateVersion7();
        await again.ReconcileAsync(default);
        Assert.False(next.Store.Segments[0].Notes.IsConfirmed);
        await again.ReconcileAsync(default);

        Assert.True(next.Store.Segments[0].Notes.IsConfirmed);
        Assert.Equal(2, stated.Count);
        Assert.Empty(sent);
    }

    [Fact]
    public async Task SegmentTheBusHasNotConfirmed_IsNotStated()
    {
        await rig.Journal.RecordAsync(JournalRig.Fact(), null);
        rig.Keeper.Keep(closeAll: true);

        await reconciler.ReconcileAsync(default);

        Assert.Empty(stated);
    }

    private async Task AfterAsync(TimeSpan time)
    {
        rig.Time.Advance(time);
        await reconciler.ReconcileAsync(default);
    }

    private async Task WriteAsync(int count, long tokens)
    {
        for (var i = 0; i < count; i++)
        {
            var fact = JournalRig.Fact(tokens);
            await rig.Journal.RecordAsync(fact, await rig.Journal.BeginAsync(JournalRig.Start(fact.Id)));
        }

        rig.Keeper.Keep(closeAll: true);
    }

    private async Task WriteAndSendAsync(int count, long tokens = 30)
    {
        await WriteAsync(count, tokens);
        await pump.StartAsync(default);
        await Eventually.TrueAsync(() => Task.FromResult(rig.Store.Segments.All(one => one.Notes.SentTo >= one.Length)), TimeSpan.FromSeconds(20), "the segments sent");
        await pump.StopAsync(default);
    }

    private Task<SegmentAnswer> State(SegmentClosed[] segments, CancellationToken cancel)
    {
        stated.AddRange(segments);
        return Task.FromResult(new SegmentAnswer(eventStore, [.. segments.Select(one => new SegmentVerdict(one.Segment, answer, stored, one.TotalTokens))]));
    }
}
