using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.KeyPool.Balancing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.KeyPool;

public sealed class LivePoolTests
{
    private static readonly Guid Epoch = Guid.CreateVersion7();
    private readonly FakeTimeProvider time = new();
    private readonly RoundRobinStrategy strategy = new();
    private readonly LivePool pool;
    private readonly Guid[] ids = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];

    public LivePoolTests() => pool = new LivePool(() => strategy, time);

    [Fact]
    public void Pool_WithoutSnapshot_HasNoAnswer()
    {
        Assert.Null(pool.View);
        Assert.Null(pool.EligibleFor("m"));
        Assert.False(pool.TryApply(Change(1)));
    }

    [Fact]
    public void States_KeepKeysOut_ForTheirModelAndUntilTheirTime()
    {
        pool.Replace(Snapshot(new PoolKeyState(ids[0], KeyStatus.Cooling, null, "m", time.GetUtcNow().AddMinutes(1)), new PoolKeyState(ids[1], KeyStatus.Forbidden, "leaked", null, null), new PoolKeyState(ids[2], KeyStatus.Degraded, null, null, null)), "redis");

        Assert.Equal([ids[2]], Eligible("m"));
        Assert.Equal([ids[0], ids[2]], Eligible("other"));
        Assert.Equal(time.GetUtcNow().AddMinutes(1), pool.EligibleFor("m")!.QuotaReturnsAt);

        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal([ids[0], ids[2]], Eligible("m"));
    }

    [Fact]
    public void Changes_AreAppliedInOrder_AndAGapIsNoticed()
    {
        pool.Replace(Snapshot(), "redis");

        Assert.True(pool.TryApply(Change(2) with { States = [new PoolKeyState(ids[0], KeyStatus.Disabled, null, null, null)] }));
        Assert.Equal([ids[1], ids[2]], Eligible("m"));
        Assert.True(pool.TryApply(Change(2)));
        Assert.False(pool.TryApply(Change(4)));
        Assert.False(pool.TryApply(Change(3) with { Epoch = Guid.CreateVersion7() }));
        Assert.True(pool.TryApply(Change(3) with { Healthy = [ids[0]], RemovedKeys = [ids[2]] }));
        Assert.Equal(ids[..2].Order(), Eligible("m").Order());
        Assert.Equal(3, pool.View!.Sequence);
    }

    [Fact]
    public void Failure_SeenHere_KeepsTheKeyOutAtOnce_UntilItsTimeOrUntilLifted()
    {
        pool.Replace(Snapshot(), "redis");
        pool.Exclude(Key(0), KeyStatus.Cooling, "m", TimeSpan.FromSeconds(30));
        pool.Exclude(Key(1), KeyStatus.Invalid, null, TimeSpan.FromMinutes(10));

        Assert.Equal([ids[2]], Eligible("m"));
        Assert.Equal([ids[0], ids[2]], Eligible("other"));

        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([ids[0], ids[2]], Eligible("m"));

        Assert.True(pool.TryApply(Change(2) with { Healthy = [ids[1]] }));
        Assert.Equal(ids, Eligible("m"));
    }

    [Fact]
    public void Quota_IsSharedByTheKeysOfAProject()
    {
        pool.Replace(Snapshot() with { Keys = [Stored(0, "p"), Stored(1, "p"), Stored(2, "q")] }, "redis");

        pool.Exclude(Key(0), KeyStatus.Exhausted, "m", TimeSpan.FromHours(1));

        Assert.Equal([ids[2]], Eligible("m"));
        pool.Exclude(Key(2), KeyStatus.Invalid, null, TimeSpan.FromHours(1));
        Assert.Empty(Eligible("m"));
        Assert.Equal([ids[0], ids[1]], Eligible("other"));
    }

    [Fact]
    public void Choose_TakesTurns_AndLeavesOutWhatWasTried()
    {
        pool.Replace(Snapshot(), "redis");
        var eligible = pool.EligibleFor("m")!;

        Assert.Equal([ids[0], ids[1], ids[2], ids[0]], Enumerable.Range(0, 4).Select(_ => pool.Choose("m", eligible, []).Key!.Id));
        Assert.Equal(ids[0], pool.Choose("other", eligible, []).Key!.Id);
        Assert.Equal(ids[2], pool.Choose("m", eligible, [Key(0), Key(1)]).Key!.Id);
        Assert.Null(pool.Choose("m", eligible, [Key(0), Key(1), Key(2)]).Key);
    }

    [Fact]
    public void AccessKeys_FollowChanges()
    {
        pool.Replace(Snapshot(), "redis");
        var key = new PoolAccessKey(Guid.CreateVersion7(), "a", "hash", true, null);

        Assert.True(pool.TryApply(Change(2) with { AccessKeys = [key] }));
        Assert.True(pool.View!.AccessKeys.Find("hash")!.Enabled);
        Assert.True(pool.TryApply(Change(3) with { AccessKeys = [key with { Enabled = false }] }));
        Assert.False(pool.View!.AccessKeys.Find("hash")!.Enabled);
        Assert.True(pool.TryApply(Change(4) with { RemovedAccessKeys = [key.Id] }));
        Assert.Empty(pool.View!.AccessKeys.Keys);
        Assert.Equal(pool.View.Sequence, pool.View.ToSnapshot().Sequence);
    }

    [Fact]
    public void Choose_AfterAFailure_TakesAnotherQuotaPoolFirst()
    {
        pool.Replace(Snapshot() with { Keys = [Stored(0, "p"), Stored(1, "p"), Stored(2, "q")] }, "redis");
        var eligible = pool.EligibleFor("m")!;

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal(ids[2], pool.Choose("m", eligible, [Key(0)]).Key!.Id));
        Assert.Equal(ids[1], pool.Choose("m", eligible, [Key(0), Key(2)]).Key!.Id);
    }

    [Fact]
    public void Choose_WithAWish_StaysWithThePool_WhileItCan()
    {
        pool.Replace(Snapshot() with { Keys = [Stored(0, "p"), Stored(1, "q"), Stored(2, "q")] }, "redis");
        var wish = new Affinity(pool.View!.FindQuotaPool("project:p"), AnyRank: false);

        Assert.All(Enumerable.Range(0, 5), _ => Assert.Equal((ids[0], true), pool.Choose("m", pool.EligibleFor("m")!, [], wish) is var chosen ? (chosen.Key!.Id, chosen.Near) : default));
        pool.Exclude(Key(0), KeyStatus.Cooling, "m", TimeSpan.FromMinutes(1));
        Assert.NotEqual(ids[0], pool.Choose("m", pool.EligibleFor("m")!, [], wish).Key!.Id);
    }

    [Fact]
    public void Wish_ForAPaidPool_WaitsBehindFreeKeys_UnlessOnlyItCanServe()
    {
        pool.Replace(Snapshot() with { Keys = [Stored(0, "paid") with { Tier = KeyTier.Paid }, Stored(1, "q"), Stored(2, "r")] }, "redis");
        var wish = new Affinity(pool.View!.FindQuotaPool("project:paid"), AnyRank: false);

        Assert.NotEqual(ids[0], pool.Choose("m", pool.EligibleFor("m")!, [], wish).Key!.Id);
        Assert.Equal(ids[0], pool.Choose("m", pool.EligibleFor("m")!, [], wish with { AnyRank = true }).Key!.Id);
    }

    [Fact]
    public void Ranks_AreUsedInTurn_PriorityBeforeTier()
    {
        pool.Replace(Snapshot() with { Keys = [Stored(0) with { Tier = KeyTier.Paid }, Stored(1) with { Tier = KeyTier.Free }, Stored(2) with { Priority = 60 }] }, "redis");

        Assert.Equal(ids[1], pool.Choose("m", pool.EligibleFor("m")!, []).Key!.Id);
        pool.Exclude(Key(1), KeyStatus.Invalid, null, TimeSpan.FromMinutes(1));
        Assert.Equal(ids[0], pool.Choose("m", pool.EligibleFor("m")!, []).Key!.Id);
        pool.Exclude(Key(0), KeyStatus.Invalid, null, TimeSpan.FromMinutes(1));
        Assert.Equal(ids[2], pool.Choose("m", pool.EligibleFor("m")!, []).Key!.Id);
    }

    [Fact]
    public void Limit_ThatIsReached_MakesAPoolTheLastResort_UntilItsWindowEnds()
    {
        pool.Replace(Snapshot() with { Keys = [Stored(0, "p"), Stored(1, "p"), Stored(2, "q")] }, "redis");
        pool.Publish([new PoolQuota("project:p", "m", [new QuotaWindow(QuotaMetric.RequestsPerMinute, 10, 8, time.GetUtcNow().AddSeconds(30))])], whole: true);
        Assert.Equal(3, pool.EligibleFor("m")!.Count);

        pool.Begin(Key(0), "m");
        pool.Begin(Key(1), "m");

        var eligible = pool.EligibleFor("m")!;
        Assert.Equal((1, 2, 2), (eligible.Count, eligible.Excluded, eligible.ExcludedBy["limit_reached"]));
        Assert.All(Enumerable.Range(0, 5), _ => Assert.Equal(ids[2], pool.Choose("m", eligible, []).Key!.Id));
        Assert.Equal(3, pool.EligibleFor("other")!.Count);

        pool.Exclude(Key(2), KeyStatus.Cooling, "m", TimeSpan.FromMinutes(1));
        Assert.Equal("p", pool.Choose("m", pool.EligibleFor("m")!, []).Key!.Project);

        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(2, pool.EligibleFor("m")!.Count);
    }

    [Fact]
    public void Limit_ThatIsRaisedOrTakenAway_GivesThePoolBackAtOnce()
    {
        pool.Replace(Snapshot() with { Keys = [Stored(0, "p"), Stored(1, "q")] }, "redis");
        var midnight = time.GetUtcNow().AddHours(12);
        PoolQuota Day(long limit, long used, string model = "m") => new("project:p", model, [new QuotaWindow(QuotaMetric.RequestsPerDay, limit, used, midnight)]);
        pool.Publish([Day(100, 100)], whole: true);
        Assert.Equal(1, pool.EligibleFor("m")!.Count);

        pool.Publish([Day(1_000, 100)], whole: false);
        Assert.Equal(2, pool.EligibleFor("m")!.Count);
        pool.Begin(Key(0), "m");
        Assert.Equal(2, pool.EligibleFor("m")!.Count);

        pool.Publish([Day(100, 100)], whole: false);
        Assert.Equal(1, pool.EligibleFor("m")!.Count);
        pool.Publish([Day(100, 100) with { Windows = [] }], whole: false);
        Assert.Equal(2, pool.EligibleFor("m")!.Count);

        pool.Publish([Day(100, 100, "*")], whole: true);
        Assert.Equal(1, pool.EligibleFor("m")!.Count);
        pool.Publish([], whole: true);
        Assert.Equal(2, pool.EligibleFor("m")!.Count);
        Assert.Equal(pool.ComputedAnew("m")!.Count, pool.EligibleFor("m")!.Count);
    }

    [Fact]
    public void ListsThatAreMended_AreWhatTheyWouldBeComputedAnew()
    {
        var chance = new Random(4711);
        Guid[] keys = [.. Enumerable.Range(0, 60).Select(_ => Guid.CreateVersion7())];
        pool.Replace(
            Snapshot() with { Keys = [.. keys.Select((id, i) => new PoolKey(id, new EncryptedSecret(1, "AAAA"), i % 3 == 0 ? null : $"p{i % 7}", i % 4 == 0 ? KeyTier.Paid : null, null, i % 5 == 0 ? 10 : null))] },
            "redis");
        KeyStatus[] statuses = [KeyStatus.Cooling, KeyStatus.Exhausted, KeyStatus.Invalid, KeyStatus.Degraded, KeyStatus.NotOffered];
        string[] models = ["a", "b", "c"];
        for (var step = 0; step < 500; step++)
        {
            var id = keys[chance.Next(keys.Length)];
            var (status, model, until) = (statuses[chance.Next(statuses.Length)], chance.Next(2) == 0 ? null : models[chance.Next(2)], time.GetUtcNow().AddSeconds(chance.Next(1, 100)));
            switch (chance.Next(5))
            {
                case 0:
                    Assert.True(pool.TryApply(Change(pool.View!.Sequence + 1) with { States = [new PoolKeyState(id, status, null, model, until)] }));
                    break;
                case 1:
                    Assert.True(pool.TryApply(Change(pool.View!.Sequence + 1) with { Healthy = [id] }));
                    break;
                case 2:
                    pool.Exclude(pool.View!.Find(id)!, status, model, until - time.GetUtcNow());
                    break;
                case 3:
                    pool.Publish([new PoolQuota(pool.View!.Find(id)!.QuotaPool.Name, "b", [new QuotaWindow(QuotaMetric.RequestsPerMinute, 9, 1, until)])], whole: false);
                    break;
                default:
                    pool.Publish([new PoolQuota(pool.View!.Find(id)!.QuotaPool.Name, "b", [new QuotaWindow(QuotaMetric.RequestsPerMinute, 1, 1, until)])], whole: false);
                    break;
            }

            if (step % 10 == 0)
            {
                time.Advance(TimeSpan.FromSeconds(5));
            }

            foreach (var model2 in models)
            {
                var mended = pool.EligibleFor(model2)!;
                var anew = pool.ComputedAnew(model2)!;
                Assert.Equal(anew.Ranks.Select(rank => string.Join(',', rank.Keys.ToArray().Select(key => key.Ordinal))), mended.Ranks.Select(rank => string.Join(',', rank.Keys.ToArray().Select(key => key.Ordinal))));
                Assert.Equal(anew.ExcludedBy.OrderBy(entry => entry.Key), mended.ExcludedBy.OrderBy(entry => entry.Key));
            }
        }
    }

    private IEnumerable<Guid> Eligible(string model) => pool.EligibleFor(model)!.Keys.Select(key => key.Id);

    private PooledKey Key(int index) => pool.View!.Keys.Single(key => key.Id == ids[index]);

    private PoolKey Stored(int index, string? project = null) => new(ids[index], new EncryptedSecret(1, "AAAA"), project);

    private PoolSnapshot Snapshot(params PoolKeyState[] states) => new(Epoch, 1, [Stored(0), Stored(1), Stored(2)], states, []);

    private static PoolChange Change(long sequence) => new(Epoch, sequence, [], [], [], [], [], []);
}
