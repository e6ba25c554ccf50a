using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Reporting.Journaling;

public sealed class JournalRecoveryTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("gb-journal-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Request_WithoutItsFact_IsClosedAsAbortedWithAnEstimate()
    {
        var finished = JournalRig.Fact();
        var orphan = JournalRig.Start(Guid.CreateVersion7(), promptBytes: 401) with { ClientRequestId = "mine-1", MostAnswerTokens = 8192 };
        using (var rig = new JournalRig(root: root))
        {
            await rig.Journal.RecordAsync(finished, await rig.Journal.BeginAsync(JournalRig.Start(finished.Id)));
            await rig.Journal.BeginAsync(orphan);
        }

        using var next = new JournalRig(root: root);
        var fact = Assert.Single(await next.RecoverAsync());

        Assert.Equal(orphan.Id, fact.Id);
        Assert.Equal(RequestOutcome.Aborted, fact.Outcome);
        Assert.Equal(orphan.AccessKeyId, fact.AccessKeyId);
        Assert.Equal(orphan.KeyId, fact.KeyId);
        Assert.True(fact is { Recovered: true, Estimated: true, Streamed: true, ClientRequestId: "mine-1" });
        Assert.Equal(new TokenUsage(201, 8192, 0, 0, 0, 8393), fact.Tokens);
        Assert.Equal(new[] { finished.Id, orphan.Id }.Order(), next.FactsOnDisk().Select(read => read.Id).Order());
        Assert.Equal(1, next.Meters["gemini_balance_journal_recovered_total"]);
        Assert.Equal(2, next.Journal.Unsent);
    }

    [Fact]
    public async Task Orphan_ClosedOnce_IsNotClosedAgain()
    {
        using (var rig = new JournalRig(root: root))
        {
            await rig.Journal.BeginAsync(JournalRig.Start(Guid.CreateVersion7()));
        }

        for (var start = 0; start < 3; start++)
        {
            using var next = new JournalRig(root: root);
            Assert.Equal(start == 0 ? 1 : 0, (await next.RecoverAsync()).Count);
            Assert.Single(next.FactsOnDisk());
        }
    }

    [Fact]
    public async Task Orphan_OfAnOlderSegment_IsFoundAfterItsSegmentWasClosed()
    {
        var orphan = JournalRig.Start(Guid.CreateVersion7());
        using (var rig = new JournalRig(root: root))
        {
            await rig.Journal.BeginAsync(orphan);
            await rig.Journal.RecordAsync(JournalRig.Fact(), null);
            rig.Keeper.Keep(closeAll: true);
            await rig.Journal.RecordAsync(JournalRig.Fact(), null);
            rig.Keeper.Keep(closeAll: true);
        }

        using var next = new JournalRig(root: root);
        Assert.Equal(orphan.Id, Assert.Single(await next.RecoverAsync()).Id);
    }

    [Fact]
    public async Task Orphan_FoundWhileTheDiskIsFull_IsFoundAgainUntilItsFactIsWritten()
    {
        var orphan = JournalRig.Start(Guid.CreateVersion7());
        using (var rig = new JournalRig(root: root))
        {
            await rig.Journal.BeginAsync(orphan);
        }

        using (var rig = new JournalRig(root: root))
        {
            rig.Disk.IsFull = true;
            await rig.Keeper.StartAsync(default);
            await rig.Keeper.StopAsync(default);
            Assert.Equal(1, rig.Journal.Held);
            Assert.False(rig.Store.Segments[0].Notes.IsSettled);
        }

        using (var rig = new JournalRig(root: root))
        {
            rig.Disk.IsFull = true;
            await rig.Keeper.StartAsync(default);
            rig.Disk.IsFull = false;
            rig.Time.Advance(TimeSpan.FromSeconds(2));
            await rig.Keeper.StopAsync(default);
            Assert.Equal(orphan.Id, Assert.Single(rig.FactsOnDisk()).Id);
            Assert.True(rig.Store.Segments[0].Notes.IsSettled);
        }

        using var next = new JournalRig(root: root);
        Assert.Empty(await next.RecoverAsync());
        Assert.Single(next.FactsOnDisk());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(300)]
    public async Task Tail_Torn_IsCutAndKeptBesideAndCounted(int missing)
    {
        var facts = new[] { JournalRig.Fact(), JournalRig.Fact(), JournalRig.Fact() };
        using (var rig = new JournalRig(root: root))
        {
            foreach (var fact in facts)
            {
                await rig.Journal.RecordAsync(fact, null);
            }
        }

        var path = Path.Combine(root, "0", "0000000001.segment");
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.SetLength(file, RandomAccess.GetLength(file) - missing);
        }

        using var next = new JournalRig(root: root);
        await next.RecoverAsync();

        Assert.Equal(facts[..2].Select(fact => fact.Id), next.FactsOnDisk().Select(fact => fact.Id));
        Assert.Equal(1, next.Meters["gemini_balance_journal_torn_total"]);
        Assert.Equal(0, next.Meters["gemini_balance_journal_damaged_total"]);
        Assert.True(File.Exists(path + ".torn"));
        Assert.Equal(2, next.Journal.Unsent);
    }

    [Fact]
    public async Task Middle_Damaged_IsSkipped_WhatIsSoundIsServed_NothingIsChanged()
    {
        var facts = Enumerable.Range(0, 10).Select(_ => JournalRig.Fact()).ToArray();
        using (var rig = new JournalRig(root: root))
        {
            foreach (var fact in facts)
            {
                await rig.Journal.RecordAsync(fact, null);
            }
        }

        var path = Path.Combine(root, "0", "0000000001.segment");
        var bytes = File.ReadAllBytes(path);
        var third = bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(facts[2].Id.ToString()));
        bytes[third] ^= 0x20;
        File.WriteAllBytes(path, bytes);

        using var next = new JournalRig(root: root);
        await next.RecoverAsync();

        Assert.Equal(facts.Where((_, i) => i != 2).Select(fact => fact.Id), next.FactsOnDisk().Select(fact => fact.Id));
        Assert.Equal(1, next.Meters["gemini_balance_journal_damaged_total"]);
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task Head_Damaged_RecordsAreServedAllTheSame()
    {
        var fact = JournalRig.Fact();
        using (var rig = new JournalRig(root: root))
        {
            await rig.Journal.RecordAsync(fact, null);
        }

        var path = Path.Combine(root, "0", "0000000001.segment");
        var bytes = File.ReadAllBytes(path);
        bytes[5] ^= 1;
        File.WriteAllBytes(path, bytes);

        using var next = new JournalRig(root: root);
        await next.RecoverAsync();

        Assert.Equal(fact.Id, Assert.Single(next.FactsOnDisk()).Id);
        Assert.Equal(1, next.Meters["gemini_balance_journal_damaged_total"]);
    }

    [Fact]
    public async Task Segments_OfRandomDamage_NeverThrowAndNeverInventFacts()
    {
        var random = new Random(20261123);
        var facts = Enumerable.Range(0, 40).Select(_ => JournalRig.Fact()).ToArray();
        using (var rig = new JournalRig(root: root))
        {
            foreach (var fact in facts)
            {
                await rig.Journal.RecordAsync(fact, null);
            }
        }

        var path = Path.Combine(root, "0", "0000000001.segment");
        var sound = File.ReadAllBytes(path);
        for (var round = 0; round < 50; round++)
        {
            var bytes = sound.AsSpan(0, random.Next(sound.Length)).ToArray();
            for (var hit = random.Next(4); hit > 0 && bytes.Length > 0; hit--)
            {
                random.NextBytes(bytes.AsSpan(random.Next(bytes.Length)) is { Length: > 20 } rest ? rest[..20] : []);
            }

            foreach (var file in Directory.GetFiles(Path.Combine(root, "0"), "0*"))
            {
                File.Delete(file);
            }

            File.WriteAllBytes(path, bytes);
            using var next = new JournalRig(root: root);
            await next.RecoverAsync();
            Assert.Subset(facts.Select(fact => fact.Id).ToHashSet(), next.FactsOnDisk().Select(fact => fact.Id).ToHashSet());
        }
    }

    [Fact]
    public async Task Unsent_AfterARestart_IsWhatTheBusHasNotConfirmed()
    {
        using (var rig = new JournalRig(root: root))
        {
            await rig.Journal.RecordAsync(JournalRig.Fact(), null);
            rig.Store.Segments[0].Notes.Plan(rig.Store.Segments[0].Length, 1);
            rig.Store.Segments[0].Notes.Sent(rig.Store.Segments[0].Length);
            await rig.Journal.RecordAsync(JournalRig.Fact(), null);
        }

        using var next = new JournalRig(root: root);
        await next.RecoverAsync();

        Assert.Equal(1, next.Journal.Unsent);
    }
}
