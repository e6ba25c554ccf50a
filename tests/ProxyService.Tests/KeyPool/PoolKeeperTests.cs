using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.KeyPool.Balancing;
using GeminiBalance.ProxyService.KeyPool.Sources;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.KeyPool;

public sealed class PoolKeeperTests : IDisposable
{
    private static readonly Guid Epoch = Guid.CreateVersion7();
    private readonly string folder = Directory.CreateTempSubdirectory("pool-keeper-").FullName;
    private readonly FakeFeed feed = new();
    private readonly FakeSource http = new();
    private readonly LivePool pool = new(() => new RoundRobinStrategy(), TimeProvider.System);

    [Fact]
    public async Task Snapshot_IsLoaded_ChangesFollow_AndAGapLoadsItAgain()
    {
        feed.Snapshot = Snapshot(1);
        await using var keeper = await StartAsync();
        await SeenAsync(() => pool.View?.Sequence == 1, "the snapshot");
        Assert.Equal("redis", pool.View!.Source);

        await SeenAsync(() => feed.OnChange is not null, "the subscription");
        feed.OnChange!(new PoolChange(Epoch, 2, [], [], [], [], [], []));
        Assert.Equal(2, pool.View.Sequence);

        feed.Snapshot = Snapshot(9);
        feed.OnChange(new PoolChange(Epoch, 9, [], [], [], [], [], []));
        await SeenAsync(() => pool.View.Sequence == 9, "the snapshot after the gap");

        var replaced = Guid.CreateVersion7();
        feed.Snapshot = Snapshot(1) with { Epoch = replaced };
        feed.OnChange(new PoolChange(replaced, 1, [], [], [], [], [], []));
        await SeenAsync(() => pool.View.Epoch == replaced, "the new epoch");
    }

    [Fact]
    public async Task FeedAway_HttpServes_ThenTheDisk()
    {
        http.Snapshot = Snapshot(3);
        await using (await StartAsync())
        {
            await SeenAsync(() => pool.View?.Source == "http", "the snapshot from KeyHealthService");
            await SeenAsync(() => File.Exists(Path.Combine(folder, "pool")), "the copy on disk");
        }

        http.Snapshot = null;
        var later = new LivePool(() => new RoundRobinStrategy(), TimeProvider.System);
        await using var keeper = await StartAsync(later);
        await SeenAsync(() => later.View?.Source == "disk", "the snapshot from disk");
        Assert.Equal(3, later.View!.Sequence);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FeedGoesAway_WhatIsNewerComesFromKeyHealthService_UntilItIsBack(bool isSilent)
    {
        feed.Snapshot = Snapshot(1);
        await using var keeper = await StartAsync();
        await SeenAsync(() => feed.OnChange is not null && pool.View?.Source == "redis", "the snapshot and the subscription");

        (feed.Snapshot, feed.IsSilent) = (null, isSilent);
        http.Snapshot = Snapshot(2);
        await SeenAsync(() => pool.View is { Sequence: 2, Source: "http" }, "what is newer");
        http.Snapshot = Snapshot(3);
        await SeenAsync(() => pool.View is { Sequence: 3, Source: "http" }, "what is newer still");

        (feed.Snapshot, feed.IsSilent) = (Snapshot(4), false);
        await SeenAsync(() => pool.View is { Sequence: 4, Source: "redis" }, "the feed that is back");
    }

    [Fact]
    public async Task ChangesWhileASnapshotIsRead_StandBehindIt_WithoutReadingAgain()
    {
        feed.Snapshot = Snapshot(1);
        await using var keeper = await StartAsync();
        await SeenAsync(() => feed.OnChange is not null && pool.View is not null, "the snapshot and the subscription");

        var read = feed.Loads;
        feed.WhileLoading = () => Enumerable.Range(10, 50).ToList().ForEach(sequence => feed.OnChange!(new PoolChange(Epoch, sequence, [], [], [], [], [], [])));
        feed.Snapshot = Snapshot(9);
        feed.OnChange!(new PoolChange(Epoch, 9, [], [], [], [], [], []));

        await SeenAsync(() => pool.View!.Sequence == 59, "the changes behind the snapshot");
        feed.OnChange(new PoolChange(Epoch, 60, [], [], [], [], [], []));
        Assert.Equal((60, read + 1), (pool.View!.Sequence, feed.Loads));
    }

    [Fact]
    public async Task Changes_AreOnTheDisk_WhenTheGatewayStops()
    {
        feed.Snapshot = Snapshot(1);
        await using (await StartAsync())
        {
            await SeenAsync(() => feed.OnChange is not null && File.Exists(Path.Combine(folder, "pool")), "the copy on disk");
            feed.OnChange!(new PoolChange(Epoch, 2, [], [], [], [], [], []));
        }

        feed.Snapshot = null;
        var later = new LivePool(() => new RoundRobinStrategy(), TimeProvider.System);
        await using var keeper = await StartAsync(later);
        await SeenAsync(() => later.View?.Source == "disk", "the snapshot from disk");
        Assert.Equal(2, later.View!.Sequence);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static PoolSnapshot Snapshot(long sequence) => new(Epoch, sequence, [new PoolKey(Guid.CreateVersion7(), new EncryptedSecret(1, "AAAA"), null)], [], []);

    private static Task SeenAsync(Func<bool> condition, string what) => Eventually.TrueAsync(() => Task.FromResult(condition()), TimeSpan.FromSeconds(60), what);

    private async Task<Running> StartAsync(LivePool? target = null)
    {
        var copy = new DiskPoolCopy(
            Options.Create(new PoolOptions { DiskCopy = Path.Combine(folder, "pool") }),
            new SecretEncryption(Options.Create(new EncryptionOptions { Key = "encryption-key-encryption-key-encryption-key" })),
            NullLogger<DiskPoolCopy>.Instance);
        var keeper = new PoolKeeper(target ?? pool, feed, http, copy, TimeProvider.System, NullLogger<PoolKeeper>.Instance);
        await keeper.StartAsync(TestContext.Current.CancellationToken);
        return new Running(keeper);
    }

    private sealed class Running(PoolKeeper keeper) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await keeper.StopAsync(CancellationToken.None);
            keeper.Dispose();
        }
    }

    private sealed class FakeSource : IPoolOwner
    {
        public string Name => "http";

        public PoolSnapshot? Snapshot { get; set; }

        public Task<PoolSnapshot?> LoadAsync(CancellationToken cancellationToken) => Task.FromResult(Snapshot);

        public Task<PoolSnapshot?> NewerAsync(Guid epoch, long sequence, CancellationToken cancellationToken) =>
            Task.FromResult(Snapshot is { } known && (known.Epoch, known.Sequence) == (epoch, sequence) ? null : Snapshot);
    }

    private sealed class FakeFeed : IPoolFeed
    {
        public string Name => "redis";

        public PoolSnapshot? Snapshot { get; set; }

        public bool IsSilent { get; set; }

        public Action<PoolChange?>? OnChange { get; private set; }

        public Action? WhileLoading { get; set; }

        public int Loads { get; private set; }

        public Task<PoolSnapshot?> LoadAsync(CancellationToken cancellationToken)
        {
            Loads++;
            WhileLoading?.Invoke();
            return Task.FromResult(Snapshot);
        }

        public Task<PoolHead?> HeadAsync(CancellationToken cancellationToken) => IsSilent ? Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => (PoolHead?)null, TaskScheduler.Default) : Task.FromResult(Snapshot is { } known ? new PoolHead(known.Epoch, known.Sequence, 1, 0, DateTimeOffset.UnixEpoch) : null);

        public Task SubscribeAsync(Action<PoolChange?> onChange, CancellationToken cancellationToken)
        {
            OnChange = onChange;
            return Task.CompletedTask;
        }
    }
}
