using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Limits;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using Xunit;

namespace GeminiBalance.ProxyReplicas.Tests;

/// <summary>Limits over four replicas and five hundred clients at once, over a real Redis.</summary>
[Collection("redis")]
public sealed class SharedLimitTests(RedisFixture redis) : IAsyncLifetime
{
    internal const int Replicas = 4;
    internal const int Clients = 500;

    public async ValueTask InitializeAsync() => await redis.FlushAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task RequestsPerMinute_AreKeptWithinFivePercent()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var admitted = 0;
        var began = TimeProvider.System.GetTimestamp();

        await replicas.AskAsync(Clients * 8, new AccessKeyLimits(RequestsPerMinute: 2000), 0, async (verdict, settle) =>
        {
            if (verdict.Reached == LimitKind.None)
            {
                Interlocked.Increment(ref admitted);
            }

            await settle(0);
        });

        var refilled = TimeProvider.System.GetElapsedTime(began).TotalMinutes * 2000;
        Tell($"2000 requests a minute, 4 replicas, 500 clients: {admitted} of 4000 admitted in {refilled / 2000 * 60:0.0} s, {refilled:0} of them for the time that passed");
        Assert.InRange(admitted, 2000 * 0.95, (2000 + refilled) * 1.05);
    }

    [Fact]
    public async Task TokensPerMinute_AreKeptWithinFivePercent_ThoughEstimatesAreWrong()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var used = 0L;
        var began = TimeProvider.System.GetTimestamp();

        // Reserved: 300 each. Used: 250 each.
        await replicas.AskAsync(Clients * 8, new AccessKeyLimits(TokensPerMinute: 300_000), 300, async (verdict, settle) =>
        {
            if (verdict.Reached == LimitKind.None)
            {
                await Task.Yield();
                Interlocked.Add(ref used, 250);
                await settle(250);
            }
        });

        var refilled = TimeProvider.System.GetElapsedTime(began).TotalMinutes * 300_000;
        Tell($"300,000 tokens a minute, 4 replicas, 500 clients: {used} used in {refilled / 300_000 * 60:0.0} s, {refilled:0} of them for the time that passed");
        Assert.InRange(used, 300_000 * 0.95, (300_000 + refilled) * 1.05);
    }

    [Fact]
    public async Task Concurrency_IsNeverExceeded_AndPlacesComeBack()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var (now, most, served) = (0, 0, 0);

        await replicas.AskAsync(Clients * 4, new AccessKeyLimits(Concurrency: 20), 0, async (verdict, settle) =>
        {
            if (verdict.Reached != LimitKind.None)
            {
                return;
            }

            var under = Interlocked.Increment(ref now);
            for (int seen; under > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, under, seen) != seen;)
            {
            }

            await Task.Delay(5);
            Interlocked.Increment(ref served);
            Interlocked.Decrement(ref now);
            await settle(0);
        });

        Tell($"20 at the same time, 4 replicas, 500 clients: at most {most} at once, {served} served");
        Assert.InRange(most, 1, 20);
        Assert.True(served > 20, $"{served} served");
    }

    [Fact]
    public async Task FarFromItsLimits_RequestsDoNotWaitForRedis_AndEachIsCountedOnce()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var limits = new AccessKeyLimits(RequestsPerMinute: 1_000_000, RequestsPerDay: 10_000_000, TokensPerDay: 1_000_000_000, CostPerDay: 1000, Concurrency: 100_000);
        var key = Guid.CreateVersion7();
        var before = await redis.ScriptsAsync();

        var admitted = 0;
        await replicas.AskAsync(
            Clients * 8,
            limits,
            300,
            async (verdict, settle) =>
            {
                Interlocked.Increment(ref admitted);
                Assert.Equal(LimitKind.None, verdict.Reached);
                await Task.Yield();
                await settle(250);
            },
            key);

        Assert.Equal(Clients * 8, admitted);
        var last = await replicas.ToldAsync(0, key, limits, verdict => verdict.Spent.DayTokens == 250L * admitted && verdict.Held == 0);
        var asked = await redis.ScriptsAsync() - before;
        Tell($"far from its limits, 4 replicas, 500 clients: {admitted} requests, {asked} scripts in Redis");
        Assert.InRange(last.Spent.DayRequests, admitted, admitted + 200);
        Assert.InRange(asked, 4, admitted / 4);
    }

    [Fact]
    public async Task Concurrency_OfALargeLimit_IsKeptWithinFivePercent()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var (now, most) = (0, 0);

        // Twice as many requests at the same time as are allowed, each longer than an answer of the account is good for.
        await replicas.AskAsync(Clients * 4, new AccessKeyLimits(Concurrency: 400), 0, async (verdict, settle) =>
        {
            if (verdict.Reached != LimitKind.None)
            {
                return;
            }

            var under = Interlocked.Increment(ref now);
            for (int seen; under > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, under, seen) != seen;)
            {
            }

            await Task.Delay(150);
            Interlocked.Decrement(ref now);
            await settle(0);
        });

        Tell($"400 at the same time, 4 replicas, 500 clients: at most {most} at once");
        Assert.InRange(most, 380, 420);
    }

    [Fact]
    public async Task Budgets_OfDaysAndMonths_AreSharedAndSettled()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var limits = new AccessKeyLimits(RequestsPerDay: 1000, TokensPerDay: 10_000, TokensPerMonth: 100_000, CostPerDay: 1, CostPerMonth: 2);
        var key = Guid.CreateVersion7();

        for (var i = 0; i < 10; i++)
        {
            var (verdict, account) = await replicas[i % Replicas].ReserveAsync(new LimitDemand(key, limits, 10, 10, Guid.CreateVersion7()));
            Assert.Equal(LimitKind.None, verdict.Reached);
            account.Settle(new LimitDemand(key, limits, 10, 10, Guid.CreateVersion7()), 1000, 1000);
        }

        // What another replica settles arrives a moment later.
        var refused = default(LimitVerdict);
        await TestKit.Eventually.TrueAsync(
            async () => (refused = (await replicas[0].ReserveAsync(new LimitDemand(key, limits, 10, 10, Guid.CreateVersion7()))).Verdict).Reached == LimitKind.TokensPerDay, TimeSpan.FromSeconds(60), "the budget used up");
        var midnight = TimeSpan.FromDays(1) - DateTime.UtcNow.TimeOfDay;
        Assert.InRange(refused.RetryAfter, midnight - TimeSpan.FromMinutes(2), midnight + TimeSpan.FromMinutes(2));

        var (month, _) = await replicas[1].ReserveAsync(new LimitDemand(key, new AccessKeyLimits(TokensPerMonth: 10_000), 10, 10, Guid.CreateVersion7()));
        var now = DateTime.UtcNow;
        Assert.Equal(LimitKind.TokensPerMonth, month.Reached);
        Assert.InRange(now + month.RetryAfter, new DateTime(now.Year, now.Month, 1).AddMonths(1).AddMinutes(-2), new DateTime(now.Year, now.Month, 1).AddMonths(1).AddMinutes(2));

        var (cost, _) = await replicas[2].ReserveAsync(new LimitDemand(key, new AccessKeyLimits(CostPerDay: 0.01m), 10, 10, Guid.CreateVersion7()));
        Assert.Equal(LimitKind.CostPerDay, cost.Reached);
    }

    [Fact]
    public async Task LimitThatIsNew_BeginsFull_HoweverMuchWasAskedBefore()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var before = new AccessKeyLimits(RequestsPerDay: 100_000, Concurrency: 10_000);
        var key = Guid.CreateVersion7();
        await replicas.AskAsync(1000, before, 500, (_, settle) => settle(500), key);
        await TestKit.Eventually.TrueAsync(() => Task.FromResult(replicas.Shared.All(one => one.IsTold)), TimeSpan.FromSeconds(60), "everything told");

        var (verdict, _) = await replicas[1].ReserveAsync(new LimitDemand(key, before with { RequestsPerMinute = 60, TokensPerMinute = 1000 }, 100, 0, Guid.CreateVersion7()));

        Assert.Equal((LimitKind.None, 59L, 900L), (verdict.Reached, verdict.RequestsLeft, verdict.TokensLeft));
    }

    [Fact]
    public async Task ClockOfRedisThatWasSetBack_EmptiesNoBucket()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var limits = new AccessKeyLimits(RequestsPerMinute: 60);
        var key = Guid.CreateVersion7();
        await replicas[0].ReserveAsync(new LimitDemand(key, limits, 0, 0, Guid.CreateVersion7()));
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await connection.GetDatabase().HashSetAsync(LimitKeys.Of(key).Hash, "rt", DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds());

        var (verdict, _) = await replicas[1].ReserveAsync(new LimitDemand(key, limits, 0, 0, Guid.CreateVersion7()));

        Assert.Equal((LimitKind.None, 58L), (verdict.Reached, verdict.RequestsLeft));
    }

    [Fact]
    public async Task WhatWasSpentWithoutRedis_CountsForDaysAndMonths_NotForMinutes()
    {
        await using var replicas = await Limiters.FourAsync(redis);
        var limits = new AccessKeyLimits(RequestsPerMinute: 1000, TokensPerDay: 10_000, TokensPerMonth: 100_000, CostPerMonth: 1);
        var key = Guid.CreateVersion7();
        for (var i = 0; i < 20; i++)
        {
            var demand = new LimitDemand(key, limits, 300, 20, Guid.CreateVersion7());
            Assert.Equal(LimitKind.None, replicas.Locals[2].Reserve(demand).Reached);
            Assert.True(replicas.Locals[2].TrySettle(demand, 100, 10));
        }

        replicas[2].Reconcile();
        replicas[2].Reconcile();

        var told = await replicas.ToldAsync(0, key, limits, verdict => verdict.Spent.DayTokens > 0);
        Assert.Equal((2000, 2000, 200), (told.Spent.DayTokens, told.Spent.MonthTokens, told.Spent.MonthCost));
        var (verdict, _) = await replicas[1].ReserveAsync(new LimitDemand(key, limits, 0, 0, Guid.CreateVersion7()));
        Assert.InRange(verdict.RequestsLeft!.Value, 900, 999);
    }

    [Fact]
    public async Task WhatWasNeverAsked_IsNotGivenBack()
    {
        LimitBatches away = new((keys, values) => Task.FromResult<byte[]?>(null), () => false, new LimitMemory(), TimeProvider.System);
        LimitTab tab = new(Guid.CreateVersion7());

        await Assert.ThrowsAsync<UnaskedException>(() => away.ReserveAsync(tab, new LimitDemand(tab.Key, new AccessKeyLimits(TokensPerDay: 1000), 300, 0, Guid.CreateVersion7())));

        Assert.False(tab.HasNews());
    }

    [Fact]
    public async Task WithoutRedis_EveryReplicaLetsInItsShare()
    {
        await using var replicas = Limiters.Of("127.0.0.1:1,abortConnect=false,connectTimeout=100");
        foreach (var local in replicas.Locals)
        {
            local.Replicas = Replicas;
        }

        var admitted = 0;
        await replicas.AskAsync(Clients * 4, new AccessKeyLimits(RequestsPerDay: 400), 0, async (verdict, settle) =>
        {
            if (verdict.Reached == LimitKind.None)
            {
                Interlocked.Increment(ref admitted);
            }

            await settle(0);
        });

        Assert.Equal(400, admitted);
    }

    [Fact]
    public async Task Replicas_CountEachOther()
    {
        await using var replicas = await Limiters.ConnectedAsync(redis);
        var counts = new List<int?>();
        for (var i = 0; i < Replicas; i++)
        {
            counts.Add(await replicas.Shared[i].AnnounceAsync($"replica-{i}"));
        }

        Assert.Equal([1, 2, 3, 4], counts);
    }

    private static void Tell(string figures) => TestContext.Current.TestOutputHelper?.WriteLine(figures);
}
