using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyReplicas.Tests;

/// <summary>What clients see of limits, expiry and revocation over four whole gateways.</summary>
[Collection("redis")]
public sealed class GatewayLimitTests(FourGateways gateways) : IClassFixture<FourGateways>, IDisposable
{
    private const int TokensOfAnswer = 550;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly HttpClient client = new() { Timeout = Patience };

    [Fact]
    public async Task RequestsPerMinute_FiveHundredClients_AreHeldWithinFivePercent()
    {
        const int Limit = 2000;
        var accessKey = await AddAsync(new AccessKeyLimits(RequestsPerMinute: Limit));
        var started = Stopwatch.GetTimestamp();

        var answers = await AskAsync(accessKey, clients: 500, requests: 4000);

        var refilled = Stopwatch.GetElapsedTime(started).TotalMinutes * Limit;
        Tell($"{Limit} requests a minute, 4 gateways, 500 clients, 4,000 requests in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s: {answers[HttpStatusCode.OK]} answered, {refilled:0} of them for the time that passed");
        Assert.Equal(4000, answers[HttpStatusCode.OK] + answers[HttpStatusCode.TooManyRequests]);
        Assert.InRange(answers[HttpStatusCode.OK], Limit * 0.95, (Limit * 1.05) + refilled);
    }

    [Fact]
    public async Task TokensOfTheDay_AreHeldWithinFivePercent()
    {
        const int Budget = 400_000;
        var accessKey = await AddAsync(new AccessKeyLimits(TokensPerDay: Budget));

        var answers = await AskAsync(accessKey, clients: 20, requests: 1000);

        var used = answers[HttpStatusCode.OK] * TokensOfAnswer;
        Tell($"{Budget} tokens a day, 4 gateways, 20 clients: {used} used");
        Assert.InRange(used, Budget * 0.95, Budget * 1.05);
        Assert.Equal(1000, answers[HttpStatusCode.OK] + answers[HttpStatusCode.TooManyRequests]);
    }

    [Fact]
    public async Task RequestsAtTheSameTime_AreNeverExceeded()
    {
        var accessKey = await AddAsync(new AccessKeyLimits(Concurrency: 20));
        gateways.Latency = TimeSpan.FromMilliseconds(150);
        try
        {
            gateways.Forget();
            var answers = await AskAsync(accessKey, clients: 200, requests: 1000);
            Tell($"20 requests at the same time, 4 gateways, 200 clients: {gateways.Most} at once, {answers[HttpStatusCode.OK]} answered");
            Assert.InRange(gateways.Most, 15, 20);
        }
        finally
        {
            gateways.Latency = TimeSpan.Zero;
        }
    }

    [Fact]
    public async Task Revocation_ReachesAllGateways_WithinFiveSeconds()
    {
        var accessKey = await AddAsync(null);
        var revoked = Stopwatch.GetTimestamp();
        var clients = Enumerable.Range(0, 12).Select(i => Task.Run(async () =>
        {
            var last = HttpStatusCode.OK;
            for (; last == HttpStatusCode.OK && Stopwatch.GetElapsedTime(revoked) < Patience;)
            {
                last = await AskOnceAsync(accessKey.Key, i);
            }

            return (Last: last, After: Stopwatch.GetElapsedTime(revoked));
        })).ToList();

        await gateways.PublishAsync(accessKey.Published with { Enabled = false });
        var refused = await Task.WhenAll(clients);

        var took = refused.Max(client => client.After);
        Tell($"revoked on 4 gateways under load after {took.TotalMilliseconds:0} ms");
        Assert.All(refused, client => Assert.Equal(HttpStatusCode.Unauthorized, client.Last));
        Assert.True(took < TimeSpan.FromSeconds(5), $"it took {took}");
    }

    [Fact]
    public async Task Expiry_EndsTheAccessKeyOnAllGateways_NotBefore()
    {
        var expires = DateTimeOffset.UtcNow.AddSeconds(5);
        var accessKey = await AddAsync(null, expires);

        await AllSayAsync(accessKey.Key, HttpStatusCode.Unauthorized);

        Assert.True(DateTimeOffset.UtcNow >= expires, "it ended before its time");
    }

    public void Dispose() => client.Dispose();

    private static void Tell(string figures) => TestContext.Current.TestOutputHelper?.WriteLine(figures);

    /// <summary>Adds an access key and waits until every gateway takes it. Its limits come after the requests that takes.</summary>
    private async Task<(string Key, PoolAccessKey Published)> AddAsync(AccessKeyLimits? limits, DateTimeOffset? expires = null)
    {
        var key = AccessKeyFormat.Generate().Reveal();
        PoolAccessKey published = new(Guid.CreateVersion7(), "team", AccessKeyFormat.Hash(key), true, expires);
        await gateways.PublishAsync(published);
        await AllSayAsync(key, HttpStatusCode.OK);
        if (limits is not null)
        {
            published = published with { Limits = limits };
            await gateways.PublishAsync(published);
            await Eventually.TrueAsync(() => Task.FromResult(gateways.AllKnow(published)), Patience, "the limits on all gateways");
        }

        return (key, published);
    }

    private Task AllSayAsync(string key, HttpStatusCode status) => Eventually.TrueAsync(
        async () =>
        {
            for (var i = 0; i < gateways.Addresses.Count; i++)
            {
                if (await AskOnceAsync(key, i) != status)
                {
                    return false;
                }
            }

            return true;
        },
        Patience,
        $"{status} of all gateways");

    private async Task<IReadOnlyDictionary<HttpStatusCode, int>> AskAsync((string Key, PoolAccessKey Published) accessKey, int clients, int requests)
    {
        ConcurrentDictionary<HttpStatusCode, int> answers = new() { [HttpStatusCode.OK] = 0, [HttpStatusCode.TooManyRequests] = 0 };
        var work = new ConcurrentQueue<int>(Enumerable.Range(0, requests));
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            while (work.TryDequeue(out var number))
            {
                answers.AddOrUpdate(await AskOnceAsync(accessKey.Key, number), 1, (_, count) => count + 1);
            }
        })));
        return answers;
    }

    private async Task<HttpStatusCode> AskOnceAsync(string key, int number)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateways.Addresses[number % gateways.Addresses.Count], "/v1/chat/completions"))
        {
            Content = new StringContent("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hello"}]}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }
}
