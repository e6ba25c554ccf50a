using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace GeminiBalance.Chaos.Running;

/// <summary>The whole system with two gateways and the simulator as upstream, every process of which can be taken down.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    public const string Proxy = "proxy";
    public const string Stats = "stats";
    public const string KeyHealth = "keyhealth";
    public const string Messaging = "messaging";
    public const string Postgres = "postgres";
    public const string Redis = "redis";

    /// <summary>How many requests a gateway keeps in memory while its journal's disk fails: few, so that a fault of seconds meets the end of them.</summary>
    private const int RingCapacity = 100;

    private const string ServiceToken = "chaos-service-token-0123456789-0123456789";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(4);
    private static readonly string[] Awaited = [KeyHealth, Stats, Proxy, "gemini-simulator"];

    private readonly DistributedApplication app;
    private readonly List<HttpClient> clients = [];

    private RunningGateway(DistributedApplication app, string dataFolder)
    {
        (this.app, DataFolder) = (app, dataFolder);
        Runner = app.Services.GetRequiredService<Runner>();
        Simulator = new SimulatorControl(Client("gemini-simulator", null));
        StatsService = Client(Stats, ServiceToken);
        KeyHealthService = Client(KeyHealth, ServiceToken);
    }

    /// <summary>Where the system keeps everything.</summary>
    public string DataFolder { get; }

    /// <summary>What runs the processes.</summary>
    public Runner Runner { get; }

    /// <summary>The upstream's own ledger.</summary>
    public SimulatorControl Simulator { get; }

    /// <summary>StatsService, with the service token.</summary>
    public HttpClient StatsService { get; }

    /// <summary>KeyHealthService, with the service token.</summary>
    public HttpClient KeyHealthService { get; }

    /// <summary>An access key for the load.</summary>
    public string AccessKey { get; private set; } = "";

    /// <summary>Where clients find the gateways.</summary>
    public Uri Address => app.GetEndpoint(Proxy);

    /// <summary>Starts everything and waits until requests are answered.</summary>
    public static async Task<RunningGateway> StartAsync()
    {
        FileLimits.FailInsteadOfDying();
        var folder = Path.Combine(Path.GetTempPath(), "gemini-balance-chaos-" + Path.GetRandomFileName());
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
        [
            "--Demo=true",
            $"--DataFolder={folder}",
            $"--Parameters:service-token={ServiceToken}",
            $"--Replicas:{Proxy}=2",
            // What was acknowledged must be on the disk, as in production: the point is to kill the database.
            "--LocalEngine:Ephemeral=false",
        ]).ConfigureAwait(false);
        var proxy = builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == Proxy));
        // A lost broker is noticed by segments that the store lacks: minutes in production, seconds here.
        proxy.WithEnvironment("Journal__SegmentAge", "00:00:03").WithEnvironment("Journal__RepublishAfter", "00:00:05")
            .WithEnvironment("Journal__RingCapacity", RingCapacity.ToString(CultureInfo.InvariantCulture));
        var app = await builder.BuildAsync().ConfigureAwait(false);
        RunningGateway? gateway = null;
        try
        {
            using var limit = new CancellationTokenSource(StartTimeout);
            await app.StartAsync(limit.Token).ConfigureAwait(false);
            foreach (var resource in Awaited)
            {
                await app.ResourceNotifications.WaitForResourceHealthyAsync(resource, limit.Token).ConfigureAwait(false);
            }

            gateway = new RunningGateway(app, folder);
            await gateway.PrepareAsync().ConfigureAwait(false);
            return gateway;
        }
        catch
        {
            await (gateway?.DisposeAsync() ?? app.DisposeAsync()).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The replicas of a resource.</summary>
    public IReadOnlyList<Replica> Replicas(string resource) => Runner.RunnerOf(resource).Replicas;

    /// <summary>The folder of a resource.</summary>
    public string FolderOf(string resource) => Path.Combine(DataFolder, resource);

    /// <summary>Waits until every replica of a resource is well.</summary>
    public async Task HealthyAsync(string resource)
    {
        foreach (var replica in Replicas(resource))
        {
            await Eventually.TrueAsync(() => IsHealthyAsync(resource, replica), TimeSpan.FromSeconds(90), $"{resource} {replica.Index} healthy").ConfigureAwait(false);
        }
    }

    /// <summary>Facts that the gateways have not brought to the bus yet; null while one of them cannot be asked.</summary>
    public async Task<long?> UnsentAsync()
    {
        long unsent = 0;
        foreach (var replica in Replicas(Proxy))
        {
            if (await StatusAsync(replica).ConfigureAwait(false) is not { } status)
            {
                return null;
            }

            unsent += status.UnsentFacts;
        }

        return unsent;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients)
        {
            client.Dispose();
        }

        await app.DisposeAsync().ConfigureAwait(false);
        var home = Path.Combine(FolderOf(Postgres), "home");
        var outside = File.Exists(home) ? Path.GetDirectoryName((await File.ReadAllTextAsync(home).ConfigureAwait(false)).Trim()) : null;
        foreach (var folder in new[] { outside, DataFolder })
        {
            if (folder is not null && Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static Uri? AddressOf(Replica replica) =>
        replica.IsRunning && replica.Ports.FirstOrDefault(port => port.Key.IsHttp) is { Value: > 0 } port ? new Uri($"http://127.0.0.1:{port.Value}") : null;

    private async Task<bool> IsHealthyAsync(string resource, Replica replica)
    {
        if (!replica.IsRunning)
        {
            return false;
        }

        if (AddressOf(replica) is not { } address)
        {
            return app.ResourceNotifications.Find(resource)?.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy;
        }

        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            using var response = await StatsService.GetAsync(new Uri(address, "/health"), limit.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private HttpClient Client(string resource, string? token)
    {
        var client = app.CreateHttpClient(resource);
        client.Timeout = TimeSpan.FromSeconds(20);
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        clients.Add(client);
        return client;
    }

    private async Task PrepareAsync()
    {
        await Simulator.MarkersAsync(true).ConfigureAwait(false);
        // Keys that fail by themselves would tell nothing of crashes.
        var keys = (await Simulator.KeysAsync().ConfigureAwait(false)).Where(key => key.Behaviour is null);
        using var text = new StringContent(string.Join('\n', keys.Select(key => $"{key.Value},{key.Label},{key.Project}")), Encoding.UTF8, "text/plain");
        using var imported = await KeyHealthService.PostAsync("/keys/imports", text).ConfigureAwait(false);
        imported.EnsureSuccessStatusCode();
        using var created = await KeyHealthService.PostAsJsonAsync("/access-keys", new CreateAccessKey("chaos", null), ContractsJson.Default.CreateAccessKey).ConfigureAwait(false);
        created.EnsureSuccessStatusCode();
        AccessKey = (await created.Content.ReadFromJsonAsync(ContractsJson.Default.CreatedAccessKey).ConfigureAwait(false))!.Key;
        foreach (var replica in Replicas(Proxy))
        {
            await Eventually.TrueAsync(async () => await StatusAsync(replica).ConfigureAwait(false) is { Eligible: > 0, AccessKeys: > 0 }, TimeSpan.FromSeconds(60), $"proxy {replica.Index} with its keys").ConfigureAwait(false);
        }
    }

    private async Task<ProxyStatus?> StatusAsync(Replica replica)
    {
        if (AddressOf(replica) is not { } address)
        {
            return null;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/internal/status"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ServiceToken);
        using var response = await StatsService.SendAsync(request).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync(ContractsJson.Default.ProxyStatus).ConfigureAwait(false);
    }
}
