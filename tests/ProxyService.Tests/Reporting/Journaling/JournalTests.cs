using System.Text;
using GeminiBalance.ProxyService.Reporting.Journaling;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Reporting.Journaling;

public sealed class JournalTests
{
    private const string Segment1 = "0000000001.segment";

    [Fact]
    public void Checksum_OfTheWellKnownText_IsCrc32C() => Assert.Equal(0xE3069283, JournalFrame.Checksum("123456789"u8));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fact_Recorded_IsOnDiskWhenTheCallReturns(bool power)
    {
        using var rig = new JournalRig(new JournalOptions { Sync = power ? JournalSync.Power : JournalSync.Process });
        var fact = JournalRig.Fact();

        await rig.Journal.RecordAsync(fact, null);

        Assert.Contains(fact.Id.ToString(), Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(rig.Store.Path, Segment1))), StringComparison.Ordinal);
        Assert.Equal(power, rig.Disk.Flushes > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PowerCut_TakesNoFactThatWasRecorded_WhenEachWaitsForTheDisk(bool power)
    {
        var root = Directory.CreateTempSubdirectory("gb-journal-power-").FullName;
        try
        {
            var facts = Enumerable.Range(0, 500).Select(i => JournalRig.Fact(100 + i)).ToArray();
            using (var rig = new JournalRig(new JournalOptions { Sync = power ? JournalSync.Power : JournalSync.Process, SegmentBytes = 128 * 1024 }, root))
            {
                await Parallel.ForEachAsync(facts, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (fact, _) =>
                {
                    var began = await rig.Journal.BeginAsync(JournalRig.Start(fact.Id));
                    await rig.Journal.RecordAsync(fact, began);
                });
                rig.Disk.LosePower();
            }

            using var next = new JournalRig(root: root);
            await next.RecoverAsync();
            var left = next.FactsOnDisk().Select(fact => fact.Id).ToHashSet();

            // Without waiting for the disk a cut may take what the last flush was before: here there was none.
            Assert.Equal(power ? 500 : 0, facts.Count(fact => left.Contains(fact.Id)));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public async Task Flush_AfterAppend_ReachesTheDiskOnce()
    {
        using var rig = new JournalRig();
        await rig.Journal.RecordAsync(JournalRig.Fact(), null);

        rig.Journal.Flush();
        rig.Journal.Flush();

        Assert.Equal(1, rig.Disk.Flushes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Facts_OfManyThreads_AreAllThereOnceAndSummed(bool power)
    {
        using var rig = new JournalRig(new JournalOptions { Sync = power ? JournalSync.Power : JournalSync.Process, SegmentBytes = 128 * 1024 });
        var facts = Enumerable.Range(0, 4000).Select(i => JournalRig.Fact(100 + i)).ToArray();

        await Parallel.ForEachAsync(facts, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (fact, _) =>
        {
            var began = await rig.Journal.BeginAsync(JournalRig.Start(fact.Id));
            await rig.Journal.RecordAsync(fact, began);
        });

        Assert.Equal(facts.Select(fact => fact.Id).Order(), rig.FactsOnDisk().Select(fact => fact.Id).Order());
        Assert.True(rig.Store.Segments.Count > 5);
        Assert.All(rig.Store.Segments, segment => Assert.True(segment.Length <= 128 * 1024));
        Assert.All(rig.Store.Segments, segment => Assert.False(segment.HasOpenRequests));
        Assert.Equal(facts.Length, rig.Store.Segments.Sum(segment => segment.Facts));
        Assert.Equal(facts.Sum(fact => fact.Tokens!.Total), rig.Store.Segments.Sum(segment => segment.Tokens));
        Assert.Equal(facts.Length, rig.Journal.Unsent);
    }

    [Fact]
    public async Task Fact_ReadBack_IsWhatWasWritten()
    {
        using var rig = new JournalRig();
        var fact = JournalRig.Fact(model: "модель-\"1\"\n") with { Estimated = true, OverheadMs = 1.5 };

        await rig.Journal.RecordAsync(fact, null);

        Assert.Equivalent(fact, Assert.Single(rig.FactsOnDisk()), strict: true);
    }

    [Fact]
    public void Start_ReadBack_IsWhatWasWritten()
    {
        var start = JournalRig.Start(Guid.CreateVersion7()) with { Model = "gemini-ü", TraceParent = "00-1-2-01", ClientRequestId = "mine-1", MostAnswerTokens = 1234 };
        using var buffer = new ProxyService.Json.PooledBuffer();
        start.Write(buffer);

        Assert.Equal(start, RequestStart.Read(buffer.WrittenSpan));
        Assert.Null(RequestStart.Read(buffer.WrittenSpan[..^1]));
    }

    [Fact]
    public void Start_OfAnEarlierVersion_IsReadWithoutWhatItDidNotHave()
    {
        var start = JournalRig.Start(Guid.CreateVersion7());
        using var buffer = new ProxyService.Json.PooledBuffer();
        start.Write(buffer);

        Assert.Equal(start, RequestStart.Read(buffer.WrittenSpan[..^4]));
        Assert.Equal(start, RequestStart.Read(buffer.WrittenSpan[..^6]));
    }

    [Fact]
    public async Task Segment_OldEnough_IsClosed()
    {
        using var rig = new JournalRig();
        await rig.Journal.RecordAsync(JournalRig.Fact(), null);

        rig.Keeper.Keep(closeAll: false);
        Assert.False(rig.Store.Segments[0].IsClosed);
        rig.Time.Advance(rig.Options.SegmentAge);
        rig.Keeper.Keep(closeAll: false);

        Assert.True(rig.Store.Segments[0].IsClosed);
        Assert.Null(rig.Store.Segments[0].Handle);
        Assert.Equal(1, rig.Store.Segments[0].Notes.Closed?.Facts);
    }

    [Fact]
    public async Task Disk_Full_FactsStayInMemoryAndAreWrittenLater()
    {
        using var rig = new JournalRig();
        var facts = Enumerable.Range(0, 5).Select(_ => JournalRig.Fact()).ToArray();
        await rig.Journal.RecordAsync(facts[0], null);
        rig.Disk.IsFull = true;

        await rig.Journal.RecordAsync(facts[1], null);
        await rig.Journal.RecordAsync(facts[2], null);
        Assert.True(rig.Journal.IsDegraded);
        Assert.Equal(2, rig.Journal.Held);
        rig.Disk.IsFull = false;
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        rig.Keeper.Keep(closeAll: false);
        await rig.Journal.RecordAsync(facts[3], null);

        Assert.False(rig.Journal.IsDegraded);
        Assert.Equal(0, rig.Journal.Held);
        Assert.Equal(facts[..4].Select(fact => fact.Id), rig.FactsOnDisk().Select(fact => fact.Id));
        Assert.Equal(4, rig.Journal.Unsent);
    }

    /// <summary>A limit on how long files may become is reported by the runtime as an argument out of its range.</summary>
    [Fact]
    public async Task File_MayNotGrow_IsAFullDisk()
    {
        using var rig = new JournalRig();
        rig.Disk.Complaint = new ArgumentOutOfRangeException("value", "Specified file length was too large for the file system.");
        rig.Disk.IsFull = true;
        var fact = JournalRig.Fact();

        await rig.Journal.RecordAsync(fact, null);
        Assert.True(rig.Journal.IsDegraded);
        rig.Disk.IsFull = false;
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        rig.Keeper.Keep(closeAll: false);

        Assert.False(rig.Journal.IsDegraded);
        Assert.Equal([fact.Id], rig.FactsOnDisk().Select(stored => stored.Id));
    }

    [Fact]
    public async Task Disk_FullForLong_RefusesBeyondTheRingAndTakesAgainAfterwards()
    {
        using var rig = new JournalRig(new JournalOptions { RingCapacity = 3 });
        rig.Disk.IsFull = true;
        var taken = 0;
        for (var i = 0; i < 10; i++)
        {
            if (rig.Journal.TryAdmit())
            {
                taken++;
                await rig.Journal.RecordAsync(JournalRig.Fact(), await rig.Journal.BeginAsync(JournalRig.Start(Guid.CreateVersion7())));
                rig.Journal.Leave();
            }
        }

        Assert.Equal(3, taken);
        Assert.Equal(3, rig.Journal.Held);
        rig.Disk.IsFull = false;
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        rig.Journal.Write();
        Assert.True(rig.Journal.TryAdmit());
        Assert.Equal(3, rig.FactsOnDisk().Count);
    }

    [Fact]
    public void Requests_InWork_CountAgainstTheRingWhileTheDiskFails()
    {
        using var rig = new JournalRig(new JournalOptions { RingCapacity = 2 });
        rig.Disk.IsFull = true;
        Assert.True(rig.Journal.RecordAsync(JournalRig.Fact(), null).IsCompleted);

        Assert.True(rig.Journal.TryAdmit());
        Assert.False(rig.Journal.TryAdmit());
        rig.Journal.Leave();
        Assert.True(rig.Journal.TryAdmit());
    }

    [Fact]
    public async Task Confirmed_BeyondTheMostBytes_AreRemovedBeforeTheirTime_TheOldestFirst()
    {
        using var rig = new JournalRig();
        for (var i = 0; i < 4; i++)
        {
            await rig.Journal.RecordAsync(JournalRig.Fact(), null);
            rig.Keeper.Keep(closeAll: true);
        }

        var segments = rig.Store.Segments.ToArray();
        segments[0].Notes.Confirm();
        segments[2].Notes.Confirm();
        segments[3].Notes.Confirm();
        rig.Options.MaximumBytes = rig.Store.Bytes;
        rig.Keeper.Keep(closeAll: false);
        Assert.Equal(segments, rig.Store.Segments);

        rig.Options.MaximumBytes = segments[0].Length + segments[1].Length + 1;
        rig.Keeper.Keep(closeAll: false);
        Assert.Equal([segments[1], segments[3]], rig.Store.Segments);

        // What nobody has confirmed stays, whatever it takes.
        rig.Options.MaximumBytes = 1;
        rig.Keeper.Keep(closeAll: false);
        Assert.Equal([segments[1]], rig.Store.Segments);
        Assert.Equal(segments[1].Length, rig.Store.Bytes);
    }

    [Fact]
    public async Task Folders_OfTwoReplicas_AreDifferent()
    {
        using var first = new JournalRig();
        using (var second = new JournalRig(root: first.Root))
        {
            Assert.NotEqual(first.Store.Path, second.Store.Path);
            await second.Journal.RecordAsync(JournalRig.Fact(), null);
        }

        using var third = new JournalRig(root: first.Root);
        Assert.Single(third.FactsOnDisk());
    }

    [Fact]
    public async Task Confirmed_OldAndSettledSegments_AreRemoved_OthersNot()
    {
        using var rig = new JournalRig();
        await rig.Journal.RecordAsync(JournalRig.Fact(), null);
        rig.Keeper.Keep(closeAll: true);
        var segment = rig.Store.Segments[0];
        rig.Time.Advance(rig.Options.Retention + TimeSpan.FromMinutes(1));

        rig.Keeper.Keep(closeAll: false);
        Assert.True(File.Exists(segment.Path));
        segment.Notes.Confirm();
        rig.Keeper.Keep(closeAll: false);

        Assert.False(File.Exists(segment.Path));
        Assert.Empty(rig.Store.Segments);
        await Eventually.TrueAsync(() => Task.FromResult(!File.Exists(segment.Path + ".notes")), TimeSpan.FromSeconds(60), "notes removed");
    }
}
