using System.Collections.Concurrent;
using System.Net.Http.Headers;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Endpoints;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.Limits;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Reporting.Journaling;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Tests;

/// <summary>The gateway on a real Kestrel, with a pool given by the test instead of Redis and a ledger in memory instead of the bus.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication app;

    private GatewayHost(WebApplication app, Uri address, string accessKey)
    {
        this.app = app;
        Address = address;
        AccessKey = accessKey;
        Client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", accessKey);
    }

    public const string ServiceToken = "service-token-service-token-service-token";

    public Uri Address { get; }

    public string AccessKey { get; }

    public HttpClient Client { get; }

    public RecordingLedger Ledger => app.Services.GetRequiredService<RecordingLedger>();

    public LivePool Pool => app.Services.GetRequiredService<LivePool>();

    public GatewaySettingsTaker Settings => app.Services.GetRequiredService<GatewaySettingsTaker>();

    public ModelCosts Costs => app.Services.GetRequiredService<ModelCosts>();

    /// <summary>Starts a gateway.</summary>
    /// <param name="upstream">The upstream's address.</param>
    /// <param name="keys">The upstream keys; null for a gateway that has seen no snapshot.</param>
    /// <param name="settings">Further settings.</param>
    public static Task<GatewayHost> StartAsync(Uri upstream, IReadOnlyList<string>? keys, params (string Name, string Value)[] settings) => StartAsync(upstream, keys, TimeProvider.System, settings);

    /// <summary>Starts a gateway with a clock of its own.</summary>
    public static Task<GatewayHost> StartAsync(Uri upstream, IReadOnlyList<string>? keys, TimeProvider time, params (string Name, string Value)[] settings) =>
        StartAsync(upstream, keys, services => services.Replace(ServiceDescriptor.Singleton(time)), settings);

    /// <summary>Starts a gateway some services of which are the test's.</summary>
    public static async Task<GatewayHost> StartAsync(Uri upstream, IReadOnlyList<string>? keys, Action<IServiceCollection> change, params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["ConnectionStrings:redis"] = "127.0.0.1:1,connectTimeout=100",
            ["Encryption:Key"] = "encryption-key-encryption-key-encryption-key",
            ["ServiceAuth:Token"] = ServiceToken,
            ["Gemini:BaseAddress"] = upstream.ToString(),

            // Which key is asked first is then known.
            ["Balancing:Strategy"] = "round_robin",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.AddGateway();
        builder.Services.AddSingleton<RecordingLedger>();
        builder.Services.AddSingleton<IRequestLedger>(provider => provider.GetRequiredService<RecordingLedger>());
        builder.Services.AddSingleton<IFailureReport>(provider => provider.GetRequiredService<RecordingLedger>());
        builder.Services.AddSingleton<IUsageReport>(provider => provider.GetRequiredService<RecordingLedger>());
        change(builder.Services);
        var app = builder.Build();
        app.MapEndpoints();
        app.MapDefaultEndpoints();
        var accessKey = AccessKeyFormat.Generate().Reveal();
        if (keys is not null)
        {
            app.Services.GetRequiredService<LivePool>().Replace(Snapshot(app.Services.GetRequiredService<SecretEncryption>(), keys.Select(key => (key, (string?)null)), accessKey), "test");
        }

        await app.StartAsync();
        return new GatewayHost(app, new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()), accessKey);
    }

    /// <summary>Tells it to stop, as a signal does; returns when it has.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => app.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await app.StopAsync(limit.Token);
        await app.DisposeAsync();
    }

    /// <summary>Starts following the settings of KeyHealthService, which the other tests do without.</summary>
    public async Task<GatewaySettingsKeeper> FollowSettingsAsync()
    {
        var keeper = ActivatorUtilities.CreateInstance<GatewaySettingsKeeper>(app.Services);
        await keeper.StartAsync(CancellationToken.None);
        return keeper;
    }

    /// <summary>The options of a section as they hold now.</summary>
    public T OptionsNow<T>() => app.Services.GetRequiredService<IOptionsMonitor<T>>().CurrentValue;

    /// <summary>Gives the gateway other keys, each with its project.</summary>
    public void UseKeys(IEnumerable<(string Key, string? Project)> keys) =>
        Pool.Replace(Snapshot(app.Services.GetRequiredService<SecretEncryption>(), keys, AccessKey), "test");

    /// <summary>Adds a key nobody can decrypt, as when the encryption key is another one than it was added with.</summary>
    public Guid AddUnreadableKey()
    {
        var view = Pool.View!;
        var encryption = app.Services.GetRequiredService<SecretEncryption>();
        var id = Guid.CreateVersion7();
        var key = new PoolKey(id, encryption.Encrypt(Guid.CreateVersion7(), SecretPurposes.UpstreamKey, new Secret("AQ.of-another-key-000000000000")), null);
        Pool.TryApply(new PoolChange(view.Epoch, view.Sequence + 1, [key], [], [], [], [], []));
        return id;
    }

    /// <summary>Gives the access key limits.</summary>
    public void Limit(AccessKeyLimits limits)
    {
        var view = Pool.View!;
        var key = view.AccessKeys.Keys.Single();
        Pool.TryApply(new PoolChange(view.Epoch, view.Sequence + 1, [], [], [], [], [key with { Limits = limits }], []));
    }

    private static PoolSnapshot Snapshot(SecretEncryption encryption, IEnumerable<(string Key, string? Project)> keys, string accessKey) => new(
        Guid.CreateVersion7(),
        1,
        [.. keys.Select(key =>
        {
            var id = Guid.CreateVersion7();
            return new PoolKey(id, encryption.Encrypt(id, SecretPurposes.UpstreamKey, new Secret(key.Key)), key.Project);
        })],
        [],
        [new PoolAccessKey(Guid.CreateVersion7(), "test", AccessKeyFormat.Hash(accessKey), true, null)]);
}

/// <summary>Keeps what would go to the bus.</summary>
internal sealed class RecordingLedger : IRequestLedger, IFailureReport, IUsageReport
{
    public ConcurrentQueue<RequestFact> Facts { get; } = [];

    public ConcurrentQueue<RequestStart> Starts { get; } = [];

    public ConcurrentQueue<(Guid Key, string Model, bool Succeeded, long InputTokens, long OutputTokens)> Usage { get; } = new();

    public ConcurrentQueue<KeyAttemptFailure> Failures { get; } = [];

    public long Unsent => 0;

    /// <summary>Whether requests are still taken.</summary>
    public bool HasRoom { get; set; } = true;

    public bool TryAdmit() => HasRoom;

    public void Leave()
    {
    }

    public ValueTask<Segment?> BeginAsync(in RequestStart start)
    {
        Starts.Enqueue(start);
        return ValueTask.FromResult<Segment?>(null);
    }

    public ValueTask RecordAsync(RequestFact fact, Segment? began)
    {
        Facts.Enqueue(fact);
        return ValueTask.CompletedTask;
    }

    public void Used(Guid key, string model, bool succeeded, long inputTokens, long outputTokens, double latencyMs) => Usage.Enqueue((key, model, succeeded, inputTokens, outputTokens));

    public void Report(KeyAttemptFailure failure) => Failures.Enqueue(failure);
}
