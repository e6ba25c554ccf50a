using System.Collections.Concurrent;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Reporting.Journaling;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Reporting.Journaling;

/// <summary>Folders whose replica does not come back.</summary>
public sealed class JournalAdoptionTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("gb-journal-").FullName;
    private readonly JournalRig living;

    public JournalAdoptionTests() => living = new JournalRig(root: root);

    public void Dispose()
    {
        living.Dispose();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task AbandonedFolder_IsTakenOver_ItsFactsAreSentUnderTheirSegments_AndItsOpenRequestsEnd()
    {
        var (facts, segment, orphan) = await DieAsync();
        var own = JournalRig.Fact();
        await living.Journal.RecordAsync(own, null);
        var sent = new ConcurrentQueue<RequestsCompleted>();
        using var pump = living.Pump(batch =>
        {
            sent.Enqueue(batch);
            return Task.CompletedTask;
        });
        await pump.StartAsync(default);

        await AdoptAsync();

        await Eventually.TrueAsync(() => Task.FromResult(living.Journal.Unsent == 0 && sent.Sum(batch => batch.Facts.Count) == 4), TimeSpan.FromSeconds(60), "everything sent");
        await pump.StopAsync(default);
        Assert.Equal(facts.Append(own.Id).Append(orphan).Order(), sent.SelectMany(batch => batch.Facts).Select(fact => fact.Id).Order());
        Assert.Equal(facts.Order(), sent.Where(batch => batch.Segment == segment).SelectMany(batch => batch.Facts).Select(fact => fact.Id).Order());
        Assert.Equal(RequestOutcome.Aborted, sent.SelectMany(batch => batch.Facts).Single(fact => fact.Id == orphan).Outcome);
        living.Keeper.Keep(closeAll: true);
        Assert.All(living.Store.Segments, one => Assert.True(one.Notes.IsSettled));
        Assert.Empty(Directory.GetFiles(Path.Combine(root, "1"), "*.segment*"));
    }

    [Fact]
    public async Task TakenOver_SurvivesARestart_AndNothingIsThereTwice()
    {
        var (facts, _, orphan) = await DieAsync();
        await AdoptAsync();
        await AdoptAsync();
        living.Store.Dispose();

        using var next = new JournalRig(root: root);
        Assert.Empty(await next.RecoverAsync());

        Assert.Equal(facts.Append(orphan).Order(), next.FactsOnDisk().Select(fact => fact.Id).Order());
        Assert.Equal(3, next.Journal.Unsent);
    }

    [Fact]
    public async Task FolderOfALivingReplica_OrOneThatJustDied_IsLeftAlone()
    {
        using var adoption = Adoption();
        using (var other = new JournalRig(root: root))
        {
            await other.Journal.RecordAsync(JournalRig.Fact(), null);
        }

        await adoption.AdoptAsync();
        using (var other = new JournalRig(root: root))
        {
            await AdoptAsync();
            Assert.Single(other.FactsOnDisk());
        }

        Assert.Empty(living.FactsOnDisk());
        Assert.Single(Directory.GetFiles(Path.Combine(root, "1"), "*.segment"));
    }

    [Fact]
    public async Task ManyReplicas_TakeAFolderOnce()
    {
        var (facts, _, orphan) = await DieAsync();
        using var second = new JournalRig(root: Moved("1", "5"));
        using var third = new JournalRig(root: root);

        await Task.WhenAll(new[] { living, second, third }.Select(rig => Task.Run(() => AdoptAsync(rig))));

        Assert.Equal(facts.Append(orphan).Order(), new[] { living, second, third }.SelectMany(rig => rig.FactsOnDisk()).Select(fact => fact.Id).Order());
    }

    [Fact]
    public async Task FolderAdoptedWhileTheDiskIsFull_IsKeptUntilItsFactsAreWritten_AndNotFoundByAnother()
    {
        var (facts, _, orphan) = await DieAsync();
        living.Options.Folder = root;
        living.Time.Advance(TimeSpan.FromMinutes(2));
        living.Disk.IsFull = true;
        using var adoption = Adoption(living);
        await adoption.AdoptAsync();
        Assert.Equal(1, living.Journal.Held);
        using (var other = new JournalRig(root: root))
        {
            await AdoptAsync(other);
            Assert.Empty(other.FactsOnDisk());
        }

        living.Disk.IsFull = false;
        living.Time.Advance(TimeSpan.FromSeconds(2));
        living.Journal.Write();
        await adoption.AdoptAsync();

        Assert.Equal(facts.Append(orphan).Order(), living.FactsOnDisk().Select(fact => fact.Id).Order());
        Assert.Empty(Directory.GetFiles(Path.Combine(root, "1"), "*.segment"));
    }

    [Fact]
    public async Task SegmentConfirmedByAStoreThatIsNoMore_IsDoubted()
    {
        using (var other = new JournalRig(root: root))
        {
            await other.Journal.RecordAsync(JournalRig.Fact(), null);
            other.Keeper.Keep(closeAll: true);
            other.Store.AnsweredBy(Guid.CreateVersion7());
            other.Store.Segments[0].Notes.Confirm();
        }

        living.Store.AnsweredBy(Guid.CreateVersion7());
        await AdoptAsync();

        Assert.False(Assert.Single(living.Store.Segments).Notes.IsConfirmed);
    }

    /// <summary>A replica that dies in the middle of a request, with two facts in its journal.</summary>
    private async Task<(Guid[] Facts, Guid Segment, Guid Orphan)> DieAsync()
    {
        using var dying = new JournalRig(root: root);
        var facts = new[] { JournalRig.Fact(), JournalRig.Fact() };
        foreach (var fact in facts)
        {
            await dying.Journal.RecordAsync(fact, await dying.Journal.BeginAsync(JournalRig.Start(fact.Id)));
        }

        var orphan = Guid.CreateVersion7();
        await dying.Journal.BeginAsync(JournalRig.Start(orphan));
        return ([.. facts.Select(fact => fact.Id)], dying.Store.Segments[0].Id, orphan);
    }

    private string Moved(string from, string to)
    {
        Directory.Move(Path.Combine(root, from), Path.Combine(root, to));
        return root;
    }

    private Task AdoptAsync() => AdoptAsync(living);

    private async Task AdoptAsync(JournalRig rig)
    {
        rig.Options.Folder = root;
        rig.Time.Advance(TimeSpan.FromMinutes(2));
        using var adoption = Adoption(rig);
        await adoption.AdoptAsync();
    }

    private JournalAdoption Adoption()
    {
        living.Options.Folder = root;
        return Adoption(living);
    }

    private static JournalAdoption Adoption(JournalRig rig) => new(rig.Journal, rig.Store, rig.Recovery, rig.Monitor, rig.Time, NullLogger<JournalAdoption>.Instance);
}
