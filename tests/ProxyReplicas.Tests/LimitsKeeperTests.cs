using System.Net;
using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.KeyPool.Balancing;
using GeminiBalance.ProxyService.Limits;
using GeminiBalance.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GeminiBalance.ProxyReplicas.Tests;

/// <summary>What keeps limits current, beside a StatsService that answers or does not.</summary>
[Collection("redis")]
public sealed class LimitsKeeperTests(RedisFixture redis) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly PoolAccessKey accessKey = new(Guid.CreateVersion7(), "team", "hash", true, null, Limits: new AccessKeyLimits(TokensPerDay: 1000));

    public async ValueTask InitializeAsync() => await redis.FlushAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task SilentStatistics_DoNotKeepReplicasFromHearingOfEachOther()
    {
        await using var replicas = await Limiters.ConnectedAsync(redis);
        replicas.Locals[0].Replicas = 7;
        await using var keeper = await StartAsync(replicas, async cancellation =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return "";
        });

        await Eventually.TrueAsync(() => Task.FromResult(replicas.Locals[0].Replicas == 1), Patience, "the count of replicas");
    }

    [Fact]
    public async Task WhatWasSpentBefore_IsLearnedFromTheStatistics_AndPricesToo()
    {
        await using var replicas = await Limiters.ConnectedAsync(redis);
        var now = DateTimeOffset.UtcNow;
        var counts = new UsageCounts(7, 5, 0, 1, 1, 600, 300, 0, 0, 900, CostUsd: 0.5);
        var usage = JsonSerializer.Serialize(new Usage(now, now, UsageGrouping.AccessKey, counts, [new UsageRow(null, accessKey.Id.ToString(), counts)], 0), ContractsJson.Default.Usage);
        var prices = JsonSerializer.Serialize([new ModelPrice("gemini-2.5-flash", [new PricePeriod(null, null, new PriceRates(0.3, 2.5))], false)], ContractsJson.Default.ModelPriceArray);
        ModelCosts costs = new(TimeProvider.System);
        await using var keeper = await StartAsync(replicas, _ => Task.FromResult(usage), prices, costs);

        await Eventually.TrueAsync(() => Task.FromResult(replicas.Memories[0].Of(accessKey.Id).DayTokens == 900), Patience, "what was spent");
        Assert.Equal((900, 500_000, 7), (replicas.Memories[0].Of(accessKey.Id).MonthTokens, replicas.Memories[0].Of(accessKey.Id).MonthCost, replicas.Memories[0].Of(accessKey.Id).DayRequests));
        Assert.Equal(280, costs.Of(null, "gemini-2.5-flash", new TokenUsage(100, 100, 0, 0, 0, 200)));
    }

    [Fact]
    public async Task WhatWasLetInWithoutRedis_IsTold_ThoughNobodyAsksAgain()
    {
        await using var replicas = await Limiters.ConnectedAsync(redis);
        var demand = new LimitDemand(accessKey.Id, accessKey.Limits!, 300, 0, Guid.CreateVersion7());
        replicas.Locals[0].Reserve(demand);
        replicas.Locals[0].TrySettle(demand, 250, 0);
        await using var keeper = await StartAsync(replicas, _ => Task.FromResult("{}"));

        await replicas.ToldAsync(1, accessKey.Id, accessKey.Limits!, verdict => verdict.Spent.DayTokens == 250);
        Assert.Null(replicas.Locals[0].Close(accessKey.Id));
    }

    private async Task<Keeper> StartAsync(Limiters replicas, Func<CancellationToken, Task<string>> usage, string prices = "[]", ModelCosts? costs = null)
    {
        var services = new ServiceCollection()
            .AddTransient(_ => new PricesClient(Client(_ => Task.FromResult(prices))))
            .AddTransient(_ => new UsageClient(Client(usage)))
            .BuildServiceProvider();
        LivePool pool = new(() => new RoundRobinStrategy(), TimeProvider.System);
        pool.Replace(new PoolSnapshot(Guid.CreateVersion7(), 1, [], [], [accessKey]), "test");
        LimitsKeeper keeper = new(services, costs ?? new ModelCosts(TimeProvider.System), replicas.Shared[0], replicas.Locals[0], replicas[0], replicas.Memories[0], pool, TimeProvider.System, NullLogger<LimitsKeeper>.Instance);
        await keeper.StartAsync(TestContext.Current.CancellationToken);
        return new Keeper(keeper, services);
    }

    private static HttpClient Client(Func<CancellationToken, Task<string>> answer) => new(new Stub(answer)) { BaseAddress = new Uri("http://stats") };

    private sealed class Stub(Func<CancellationToken, Task<string>> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            new(HttpStatusCode.OK) { Content = new StringContent(await answer(cancellationToken), System.Text.Encoding.UTF8, "application/json") };
    }

    private sealed class Keeper(LimitsKeeper keeper, ServiceProvider services) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await keeper.StopAsync(CancellationToken.None);
            keeper.Dispose();
            await services.DisposeAsync();
        }
    }
}
