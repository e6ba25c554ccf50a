using System.Collections.Concurrent;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Reporting.Journaling;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Reporting.Journaling;

public sealed class JournalPumpTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("gb-journal-").FullName;
    private readonly ConcurrentQueue<RequestsCompleted> sent = [];

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Facts_LeaveOnceInBatchesOfAtMost200_WithTheirSegment()
    {
        using var rig = new JournalRig(new JournalOptions { SegmentBytes = 64 * 1024 }, root);
        var ids = await WriteAsync(rig, 1000);
        using var pump = rig.Pump(Take);

        await pump.StartAsync(default);
        await AllSentAsync(rig);

        Assert.Equal(ids, sent.SelectMany(batch => batch.Facts).Select(fact => fact.Id).Order());
        Assert.All(sent, batch => Assert.InRange(batch.Facts.Count, 1, 200));
        Assert.Equal(sent.Count, sent.Select(batch => batch.BatchId).Distinct().Count());
        Assert.All(rig.Store.Segments, segment => Assert.Equal(segment.Facts, sent.Where(batch => batch.Segment == segment.Id).Sum(batch => batch.Facts.Count)));
        Assert.All(sent, batch => Assert.Equal(7, batch.BatchId.Version));
        await pump.StopAsync(default);
    }

    [Fact]
    public async Task Batch_NotConfirmed_IsSentAgainUnchangedUnderTheSameId()
    {
        using var rig = new JournalRig(root: root);
        await WriteAsync(rig, 3);
        var failures = 2;
        using var pump = rig.Pump(batch =>
        {
            sent.Enqueue(batch);
            return Interlocked.Decrement(ref failures) >= 0 ? Task.FromException(new InvalidOperationException()) : Task.CompletedTask;
        });

        await pump.StartAsync(default);
        await AllSentAsync(rig);

        Assert.Equal(3, sent.Count);
        Assert.Single(sent.Select(batch => batch.BatchId).Distinct());
        Assert.All(sent, batch => Assert.Equal(3, batch.Facts.Count));
        await pump.StopAsync(default);
    }

    [Fact]
    public async Task Segment_ThatCannotBeRead_IsReadAgainLater_AndNothingOfItIsLost()
    {
        using var rig = new JournalRig(root: root);
        var ids = await WriteAsync(rig, 3);
        rig.Keeper.Keep(closeAll: true);
        var path = rig.Store.Segments[0].Path;
        File.Move(path, path + ".away");
        using var pump = rig.Pump(Take);

        await pump.StartAsync(default);
        await Eventually.TrueAsync(() => Task.FromResult(rig.Complaints.Count > 1), TimeSpan.FromSeconds(20), "two looks in vain");
        Assert.Empty(sent);
        File.Move(path + ".away", path);
        await AllSentAsync(rig);

        Assert.Equal(ids, sent.SelectMany(batch => batch.Facts).Select(fact => fact.Id).Order());
        await pump.StopAsync(default);
        Assert.True(pump.ExecuteTask!.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Publish_ThatHangs_IsGivenUpAndRepeated_AndItsAgeIsSeen()
    {
        using var rig = new JournalRig(root: root);
        await WriteAsync(rig, 1);
        var open = new TaskCompletionSource();
        var calls = 0;
        using var pump = rig.Pump(Take, cancel => Interlocked.Increment(ref calls) == 1 ? new TaskCompletionSource().Task : open.Task);

        await pump.StartAsync(default);
        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref calls) >= 2), TimeSpan.FromSeconds(60), "a second attempt");
        rig.Time.Advance(TimeSpan.FromSeconds(40));
        Assert.True(pump.OldestUnsent > TimeSpan.FromSeconds(39));
        open.SetResult();
        await AllSentAsync(rig);

        Assert.Equal(TimeSpan.Zero, pump.OldestUnsent);
        await pump.StopAsync(default);
    }

    [Fact]
    public async Task Batches_OfAProcessThatDied_AreCutTheSameWayByTheNext()
    {
        using (var rig = new JournalRig(root: root))
        {
            using var pump = rig.Pump(batch =>
            {
                sent.Enqueue(batch);
                return Task.FromException(new InvalidOperationException());
            });
            await WriteAsync(rig, 3);
            await pump.StartAsync(default);
            await Eventually.TrueAsync(() => Task.FromResult(!sent.IsEmpty), TimeSpan.FromSeconds(60), "the first batch tried");
            await WriteAsync(rig, 4);
            await Eventually.TrueAsync(() => Task.FromResult(sent.Select(batch => batch.BatchId).Distinct().Count() == 2), TimeSpan.FromSeconds(60), "the second batch tried");
            using var now = new CancellationTokenSource(TimeSpan.Zero);
            await pump.StopAsync(now.Token);
        }

        var before = sent.DistinctBy(batch => batch.BatchId).ToList();
        sent.Clear();
        using var next = new JournalRig(root: root);
        await next.RecoverAsync();
        await WriteAsync(next, 5);
        using var again = next.Pump(Take);
        await again.StartAsync(default);
        await AllSentAsync(next);

        Assert.Equal(3, sent.Count);
        Assert.All(before, batch => Assert.Equal(batch.Facts.Select(fact => fact.Id), sent.Single(other => other.BatchId == batch.BatchId).Facts.Select(fact => fact.Id)));
        await again.StopAsync(default);
    }

    [Fact]
    public async Task Segments_ConfirmedByTheBus_AreNotSentAgainAfterARestart()
    {
        using (var rig = new JournalRig(root: root))
        {
            using var pump = rig.Pump(Take);
            await pump.StartAsync(default);
            await WriteAsync(rig, 5);
            await pump.StopAsync(default);
            Assert.Equal(5, sent.Sum(batch => batch.Facts.Count));
        }

        using var next = new JournalRig(root: root);
        await next.RecoverAsync();
        Assert.Equal(0, next.Journal.Unsent);
        await WriteAsync(next, 1);
        using var again = next.Pump(Take);
        await again.StartAsync(default);
        await AllSentAsync(next);

        Assert.Equal(6, sent.Sum(batch => batch.Facts.Count));
        await again.StopAsync(default);
    }

    [Fact]
    public async Task Segment_SentAgain_HasTheSameBatches()
    {
        using var rig = new JournalRig(root: root);
        using var pump = rig.Pump(Take);
        await pump.StartAsync(default);
        await WriteAsync(rig, 450);
        await AllSentAsync(rig);
        rig.Keeper.Keep(closeAll: true);
        var before = sent.ToArray();
        sent.Clear();

        await pump.RepublishAsync(rig.Store.Segments[0], default);

        Assert.Equal(before.Select(batch => batch.BatchId).Order(), sent.Select(batch => batch.BatchId).Order());
        Assert.Equal(before.SelectMany(batch => batch.Facts).Select(fact => fact.Id).Order(), sent.SelectMany(batch => batch.Facts).Select(fact => fact.Id).Order());
        await pump.StopAsync(default);
    }

    private Task Take(RequestsCompleted batch)
    {
        sent.Enqueue(batch);
        return Task.CompletedTask;
    }

    private static async Task<List<Guid>> WriteAsync(JournalRig rig, int count)
    {
        var ids = new List<Guid>();
        for (var i = 0; i < count; i++)
        {
            var fact = JournalRig.Fact();
            ids.Add(fact.Id);
            await rig.Journal.RecordAsync(fact, await rig.Journal.BeginAsync(JournalRig.Start(fact.Id)));
        }

        ids.Sort();
        return ids;
    }

    private static Task AllSentAsync(JournalRig rig) => Eventually.TrueAsync(() => Task.FromResult(rig.Journal.Unsent == 0), TimeSpan.FromSeconds(20), "all facts confirmed");
}
