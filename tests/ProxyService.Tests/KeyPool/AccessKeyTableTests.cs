using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ServiceDefaults.Security;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.KeyPool;

public sealed class AccessKeyTableTests
{
    [Fact]
    public void Find_AmongThousands_KnowsEachByItsHashAndItsOldOne()
    {
        PoolAccessKey[] keys = [.. Enumerable.Range(0, 3000).Select(i => Key(i) with { OldHash = i % 3 == 0 ? Hash($"old {i}") : null })];
        var table = AccessKeyTable.Of(keys);

        Assert.Equal(4000, table.Count);
        Assert.Equal(keys.OrderBy(key => key.Name, StringComparer.Ordinal), table.Keys.OrderBy(key => key.Name, StringComparer.Ordinal));
        Assert.All(keys, key => Assert.Same(key, table.Find(key.Hash)));
        Assert.All(keys.Where(key => key.OldHash is not null), key => Assert.Same(key, table.Find(key.OldHash!)));
        Assert.Null(table.Find(Hash("nobody")));
    }

    [Fact]
    public void With_AChange_ReplacesWhatItNamesAndLeavesTheTableBeforeAlone()
    {
        PoolAccessKey[] keys = [.. Enumerable.Range(0, 500).Select(Key)];
        var before = AccessKeyTable.Of(keys);
        var rotated = keys[7] with { Hash = Hash("new 7"), OldHash = keys[7].Hash };
        var disabled = keys[8] with { Enabled = false };
        var added = Key(1000);

        var after = before.With([rotated, disabled, added], [keys[9].Id]);

        Assert.Same(rotated, after.Find(rotated.Hash));
        Assert.Same(rotated, after.Find(keys[7].Hash));
        Assert.Same(disabled, after.Find(keys[8].Hash));
        Assert.Same(added, after.Find(added.Hash));
        Assert.Null(after.Find(keys[9].Hash));
        Assert.Equal(501, after.Count);
        Assert.All(keys, key => Assert.Same(key, before.Find(key.Hash)));
        Assert.Null(before.Find(rotated.Hash));

        var later = after.With([rotated with { OldHash = null }], []);
        Assert.Null(later.Find(keys[7].Hash));
        Assert.Same(rotated, after.Find(keys[7].Hash));
    }

    private static PoolAccessKey Key(int number) => new(Guid.NewGuid(), $"key {number}", Hash($"key {number}"), true, null);

    private static string Hash(string key) => AccessKeyFormat.Hash(key);
}
