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
    private readonly LivePool pool;
    private readonly Guid[] ids = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];

    public LivePoolTests() => pool = new LivePool(new RoundRobinStrategy(), time);

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

        Assert.Equal([ids[0], ids[1], ids[2], ids[0]], Enumerable.Range(0, 4).Select(_ => pool.Choose("m", eligible, [])!.Id));
        Assert.Equal(ids[0], pool.Choose("other", eligible, [])!.Id);
        Assert.Equal(ids[2], pool.Choose("m", eligible, [Key(0), Key(1)])!.Id);
        Assert.Null(pool.Choose("m", eligible, [Key(0), Key(1), Key(2)]));
    }

    [Fact]
    public void AccessKeys_FollowChanges()
    {
        pool.Replace(Snapshot(), "redis");
        var key = new PoolAccessKey(Guid.CreateVersion7(), "a", "hash", true, null);

        Assert.True(pool.TryApply(Change(2) with { AccessKeys = [key] }));
        Assert.True(pool.View!.AccessKeys["hash"].Enabled);
        Assert.True(pool.TryApply(Change(3) with { AccessKeys = [key with { Enabled = false }] }));
        Assert.False(pool.View!.AccessKeys["hash"].Enabled);
        Assert.True(pool.TryApply(Change(4) with { RemovedAccessKeys = [key.Id] }));
        Assert.Empty(pool.View!.AccessKeys);
        Assert.Equal(pool.View.Sequence, pool.View.ToSnapshot().Sequence);
    }

    private IEnumerable<Guid> Eligible(string model) => pool.EligibleFor(model)!.Keys.Select(key => key.Id);

    private PooledKey Key(int index) => pool.View!.Keys.Single(key => key.Id == ids[index]);

    private PoolKey Stored(int index, string? project = null) => new(ids[index], new EncryptedSecret(1, "AAAA"), project);

    private PoolSnapshot Snapshot(params PoolKeyState[] states) => new(Epoch, 1, [Stored(0), Stored(1), Stored(2)], states, []);

    private static PoolChange Change(long sequence) => new(Epoch, sequence, [], [], [], [], [], []);
}
