using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Limits;
using Xunit;

namespace GeminiBalance.ProxyReplicas.Tests;

/// <summary>Budgets of days and months when Redis loses its memory, or a replica comes that knows more.</summary>
[Collection("redis")]
public sealed class LimitMemoryTests(RedisFixture redis) : IAsyncLifetime
{
    private const int Replicas = SharedLimitTests.Replicas;

    public async ValueTask InitializeAsync() => await redis.FlushAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task RedisLosesItsMemory_WhatWasSpentStaysSpent()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var limits = new AccessKeyLimits(RequestsPerDay: 100, TokensPerDay: 1_000_000, TokensPerMonth: 1_000_000);
        var key = Guid.CreateVersion7();
        Assert.Equal(60, await AdmittedAsync(replicas, key, limits, 60));

        await redis.FlushAsync();

        // The last requests of the other replicas are what one does not know.
        Assert.InRange(await AdmittedAsync(replicas, key, limits, 60), 40, 40 + Replicas - 1);
        await redis.FlushAsync();
        var (verdict, _) = await replicas[1].ReserveAsync(new LimitDemand(key, limits, 10, 10, Guid.CreateVersion7()));
        Assert.Equal((LimitKind.RequestsPerDay, 100L), (verdict.Reached, verdict.Spent.DayRequests));
    }

    [Fact]
    public async Task RedisLosesItsMemory_EstimatesAreNotCountedAgainAndAgain()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var limits = new AccessKeyLimits(TokensPerDay: 1_000_000);
        var key = Guid.CreateVersion7();
        var last = default(LimitVerdict);
        for (var flushed = 0; flushed < 2; flushed++)
        {
            for (var i = 0; i < 40; i++)
            {
                var demand = new LimitDemand(key, limits, 300, 0, Guid.CreateVersion7());
                var (verdict, account) = await replicas[i % Replicas].ReserveAsync(demand);
                Assert.Equal(LimitKind.None, verdict.Reached);
                account.Settle(demand, 50, 0);
            }

            // What an account was not told when it was lost may be lost with it, up to a hundredth of the limit.
            await TestKit.Eventually.TrueAsync(() => Task.FromResult(replicas.Shared.All(one => one.IsTold)), TimeSpan.FromSeconds(60), "everything told");
            await redis.FlushAsync();
            for (var i = 0; i < Replicas; i++)
            {
                last = await replicas.ToldAsync(i, key, limits, _ => true);
            }
        }

        // What was reserved when the memory went is all that may be too much: of each replica one estimate, twice.
        Assert.InRange(last.Spent.DayTokens, 80 * 50, (80 * 50) + (2 * 2 * 250 * Replicas));
    }

    [Fact]
    public async Task StatisticsKnowMore_TheNextRequestTellsRedis()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var limits = new AccessKeyLimits(TokensPerDay: 1000, TokensPerMonth: 5000);
        var key = Guid.CreateVersion7();
        var now = TimeProvider.System.GetUtcNow();
        replicas.Memories[2].Learn(key, new Spent(0, Spent.DayOf(now), 7, 900, 0, Spent.MonthOf(now), 4000, 0));

        Assert.Equal(1, await AdmittedAsync(replicas, key, limits, 1, replica: 0, tokens: 50));
        Assert.Equal(1, await AdmittedAsync(replicas, key, limits, 1, replica: 2, tokens: 150));
        var (verdict, _) = await replicas[1].ReserveAsync(new LimitDemand(key, limits, 10, 10, Guid.CreateVersion7()));
        Assert.Equal((LimitKind.TokensPerDay, 8L, 1050L, 4150L), (verdict.Reached, verdict.Spent.DayRequests, verdict.Spent.DayTokens, verdict.Spent.MonthTokens));
    }

    private static async Task<int> AdmittedAsync(Limiters replicas, Guid key, AccessKeyLimits limits, int requests, int? replica = null, long tokens = 10)
    {
        var admitted = 0;
        for (var i = 0; i < requests; i++)
        {
            var (verdict, _) = await replicas[replica ?? (i % Replicas)].ReserveAsync(new LimitDemand(key, limits, tokens, 0, Guid.CreateVersion7()));
            admitted += verdict.Reached == LimitKind.None ? 1 : 0;
        }

        return admitted;
    }
}
