using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.Integration.Tests;
using GeminiBalance.Integration.Tests.Bus;
using GeminiBalance.Integration.Tests.Telemetry;
using GeminiBalance.TestKit;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssemblyFixture(typeof(GatewayFixture))]

namespace GeminiBalance.Integration.Tests;

/// <summary>The whole system on real servers, started once through the AppHost, with the simulator as upstream and a collector for its telemetry.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    public const string ServiceToken = "integration-tests-service-token-0123456789";

    /// <summary>Password of the operator <c>admin</c>.</summary>
    public const string AdminPassword = "integration-tests-admin-password";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);
    private static readonly string[] Services = ["keyhealth", "stats", "proxy", "admin"];

    private readonly List<HttpClient> clients = [];
    private DistributedApplication? app;

    /// <summary>Where the system keeps everything: data, logs, state.</summary>
    public string DataFolder { get; } = Path.Combine(Path.GetTempPath(), "gemini-balance-integration-" + Path.GetRandomFileName());

    /// <summary>A second reader of the bus.</summary>
    public BusTap Bus { get; private set; } = null!;

    /// <summary>What the services' telemetry arrives at.</summary>
    public OtlpReceiver Collector { get; private set; } = null!;

    public DistributedApplication App => app ?? throw new InvalidOperationException("Not started.");

    /// <summary>The simulator's control interface.</summary>
    public SimulatorControl Simulator { get; private set; } = null!;

    /// <summary>The gateway, without an access key.</summary>
    public HttpClient Gateway { get; private set; } = null!;

    /// <summary>KeyHealthService, with the service token.</summary>
    public HttpClient KeyHealth { get; private set; } = null!;

    /// <summary>StatsService, with the service token.</summary>
    public HttpClient Stats { get; private set; } = null!;

    /// <summary>An access key every test may use.</summary>
    public string AccessKey { get; private set; } = "";

    /// <summary>Address for OpenAI clients.</summary>
    public Uri OpenAiAddress => new(Gateway.BaseAddress!, "/v1");

    public async ValueTask InitializeAsync()
    {
        Collector = await OtlpReceiver.StartAsync();
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
        [
            "--Demo=true",
            $"--Parameters:service-token={ServiceToken}",
            $"--Parameters:admin-password={AdminPassword}",
            $"--ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL={Collector.Address}",
            $"--DataFolder={DataFolder}",
        ]);
        app = await builder.BuildAsync();
        using var limit = new CancellationTokenSource(StartTimeout);
        await app.StartAsync(limit.Token);
        foreach (var service in Services)
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(service, limit.Token);
        }

        Bus = await BusTap.ConnectAsync((await app.GetConnectionStringAsync("messaging", limit.Token))!);
        Simulator = new SimulatorControl(Client("gemini-simulator"));
        Gateway = Client("proxy");
        KeyHealth = Client("keyhealth", ServiceToken);
        Stats = Client("stats", ServiceToken);
        // Without the keys that fail by chance or use up their day: two of them in a row are more than one retry mends.
        var keys = (await Simulator.KeysAsync()).Where(key => key.Behaviour is null or "key-invalid" or "suspended");
        await ImportAsync(string.Join('\n', keys.Select(key => $"{key.Value},{key.Label},{key.Project}")));
        AccessKey = (await CreateAccessKeyAsync("integration tests")).Key;
        await Eventually.TrueAsync(async () => (await KeysAsync()).All(key => key.LastCheckedAt is not null), TimeSpan.FromSeconds(60), "every key checked");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients)
        {
            client.Dispose();
        }

        if (Bus is not null)
        {
            await Bus.DisposeAsync();
        }

        if (app is not null)
        {
            await app.DisposeAsync();
        }

        await Collector.DisposeAsync();
    }

    /// <summary>A client of a resource.</summary>
    /// <param name="resource">Its name.</param>
    /// <param name="bearer">A bearer token, or null.</param>
    public HttpClient Client(string resource, string? bearer = null)
    {
        var client = App.CreateHttpClient(resource);
        client.DefaultRequestHeaders.Authorization = bearer is null ? null : new AuthenticationHeaderValue("Bearer", bearer);
        clients.Add(client);
        return client;
    }

    /// <summary>Imports keys, and waits until the gateway knows them.</summary>
    public async Task<ImportResult> ImportAsync(string text)
    {
        using var response = await KeyHealth.PostAsync("/keys/imports", new StringContent(text, Encoding.UTF8, "text/plain"));
        response.EnsureSuccessStatusCode();
        var result = (await response.Content.ReadFromJsonAsync(ContractsJson.Default.ImportResult))!;
        await KnownAsync(result.Epoch, result.Sequence);
        return result;
    }

    /// <summary>Creates an access key, and waits until the gateway accepts it.</summary>
    public async Task<CreatedAccessKey> CreateAccessKeyAsync(string name, AccessKeyLimits? limits = null)
    {
        using var response = await KeyHealth.PostAsJsonAsync("/access-keys", new CreateAccessKey(name, null, Limits: limits), ContractsJson.Default.CreateAccessKey);
        response.EnsureSuccessStatusCode();
        var created = (await response.Content.ReadFromJsonAsync(ContractsJson.Default.CreatedAccessKey))!;
        await KnownAsync(created.Epoch, created.Sequence);
        return created;
    }

    public async Task<KeySummary> KeySummaryAsync() => (await KeyHealth.GetFromJsonAsync("/keys/summary", ContractsJson.Default.KeySummary))!;

    /// <summary>Has a key checked and waits until it works again, for the tests that follow.</summary>
    public async Task HealAsync(Guid id)
    {
        await Eventually.TrueAsync(
            async () =>
            {
                using var check = await KeyHealth.PostAsync($"/keys/{id}/check", null);
                check.EnsureSuccessStatusCode();
                return (await KeysAsync()).Single(key => key.Id == id).Status == KeyStatus.Healthy;
            },
            TimeSpan.FromSeconds(30),
            "the key healthy after its check");
    }

    /// <summary>Every key of the pool.</summary>
    public async Task<IReadOnlyList<KeyView>> KeysAsync() => (await KeyHealth.GetFromJsonAsync("/keys?limit=200", ContractsJson.Default.KeyPage))!.Items;

    public async Task<ProxyStatus> ProxyStatusAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/internal/status");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ServiceToken);
        using var response = await Gateway.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync(ContractsJson.Default.ProxyStatus))!;
    }

    public async Task<Overview> OverviewAsync() => (await Stats.GetFromJsonAsync("/stats/overview", ContractsJson.Default.Overview))!;

    /// <summary>Asks the gateway for a chat completion by plain HTTP.</summary>
    /// <param name="text">The user's message.</param>
    /// <param name="accessKey">The access key; the shared one when null.</param>
    /// <param name="more">More fields, as JSON members with a leading comma.</param>
    public Task<HttpResponseMessage> ChatAsync(string text, string? accessKey = null, string more = "")
    {
        var message = System.Text.Json.JsonSerializer.Serialize(text);
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent($$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":{{message}}}]{{more}}}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessKey ?? AccessKey);
        return Gateway.SendAsync(request);
    }

    private Task KnownAsync(Guid epoch, long sequence) => Eventually.TrueAsync(
        async () => await ProxyStatusAsync() is var status && status.Epoch == epoch && status.Sequence >= sequence,
        TimeSpan.FromSeconds(15),
        $"the gateway at sequence {sequence}");
}
