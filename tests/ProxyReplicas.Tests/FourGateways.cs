using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Endpoints;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.KeyPool.Sources;
using GeminiBalance.ProxyService.Limits;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Reporting.Journaling;
using GeminiBalance.ProxyService.Tests;
using GeminiBalance.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace GeminiBalance.ProxyReplicas.Tests;

/// <summary>Four gateways, each on a Kestrel of its own, with one Redis and one upstream; what they write down stays in memory.</summary>
public sealed class FourGateways(RedisFixture redis) : IAsyncLifetime
{
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"Hello."}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":250,"candidatesTokenCount":300,"totalTokenCount":550},"modelVersion":"gemini-2.5-flash"}""";

    private readonly List<WebApplication> gateways = [];
    private StubUpstream? upstream;
    private PublishedPool? pool;
    private int now;
    private int most;

    /// <summary>Where they listen.</summary>
    public IReadOnlyList<Uri> Addresses => [.. gateways.Select(gateway => new Uri(gateway.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()))];

    /// <summary>How long the upstream takes.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>The most calls the upstream had at the same time since <see cref="Forget"/>.</summary>
    public int Most => Volatile.Read(ref most);

    /// <summary>Begins to count anew.</summary>
    public void Forget() => Volatile.Write(ref most, 0);

    /// <summary>Adds or changes an access key, on all gateways.</summary>
    internal Task PublishAsync(PoolAccessKey accessKey) => pool!.PublishAsync(accessKey);

    /// <summary>Whether all gateways know an access key with these limits.</summary>
    internal bool AllKnow(PoolAccessKey accessKey) => gateways.TrueForAll(gateway => gateway.Services.GetRequiredService<LivePool>().View!.AccessKeys.Find(accessKey.Hash)?.Limits == accessKey.Limits);

    public async ValueTask InitializeAsync()
    {
        await redis.FlushAsync();
        pool = await PublishedPool.CreateAsync(redis.ConnectionString);
        upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            var under = Interlocked.Increment(ref now);
            for (int seen; under > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, under, seen) != seen;)
            {
            }

            await Task.Delay(Latency);
            Interlocked.Decrement(ref now);
            await StubUpstream.JsonAsync(context, 200, Answer);
        });
        for (var i = 0; i < SharedLimitTests.Replicas; i++)
        {
            gateways.Add(await StartAsync(upstream.Address));
        }

        await Eventually.TrueAsync(
            () => Task.FromResult(gateways.TrueForAll(gateway => gateway.Services.GetRequiredService<LivePool>().View is not null && gateway.Services.GetRequiredService<LocalLimits>().Replicas == SharedLimitTests.Replicas)),
            TimeSpan.FromSeconds(60),
            "four gateways that know the pool and each other");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in gateways)
        {
            await gateway.StopAsync();
            await gateway.DisposeAsync();
        }

        await (upstream?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (pool?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private async Task<WebApplication> StartAsync(Uri gemini)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["ConnectionStrings:redis"] = redis.ConnectionString,
            ["Encryption:Key"] = PublishedPool.EncryptionKey,
            ["ServiceAuth:Token"] = "service-token-service-token-service-token",
            ["Gemini:BaseAddress"] = gemini.ToString(),
            ["services:keyhealth:http:0"] = "http://127.0.0.1:1",
            ["services:stats:http:0"] = "http://127.0.0.1:1",

            // What the gateways make of a busy machine, and of tests that ask again and again, is not what is looked at.
            ["Limits:PatienceMilliseconds"] = "30000",
            ["Authentication:FailuresPerMinute"] = "10000",
        });
        builder.AddGateway();
        builder.Services.AddHostedService<PoolKeeper>();
        builder.Services.AddHostedService<LimitsKeeper>();
        builder.Services.AddSingleton<IRequestLedger, Forgetting>();
        builder.Services.AddSingleton<IFailureReport, Forgetting>();
        builder.Services.AddSingleton<IUsageReport, Forgetting>();
        var app = builder.Build();
        app.MapEndpoints();
        await app.StartAsync();
        return app;
    }

    /// <summary>Takes everything and keeps nothing.</summary>
    private sealed class Forgetting : IRequestLedger, IFailureReport, IUsageReport
    {
        public long Unsent => 0;

        public bool TryAdmit() => true;

        public void Leave()
        {
        }

        public ValueTask<Segment?> BeginAsync(in RequestStart start) => ValueTask.FromResult<Segment?>(null);

        public ValueTask RecordAsync(RequestFact fact, Segment? began) => ValueTask.CompletedTask;

        public void Used(Guid key, string model, bool succeeded, long inputTokens, long outputTokens, double latencyMs)
        {
        }

        public void Report(KeyAttemptFailure failure)
        {
        }
    }
}
