using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.LocalEngine;
using GeminiBalance.TestKit;

namespace GeminiBalance.Bench.Gateway;

/// <summary>The whole system as it is installed, on real servers, before an upstream that costs next to nothing.</summary>
internal sealed class GatewaySystem : IAsyncDisposable
{
    private const string ServiceToken = "bench-service-token-0123456789-0123456789";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan LongPatience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Still = TimeSpan.FromMilliseconds(700);

    private readonly DistributedApplication app;
    private readonly HttpClient keyHealth;
    private readonly HttpClient proxy;
    private readonly HttpClient stats;
    private readonly string folder;

    private GatewaySystem(DistributedApplication app, string folder)
    {
        this.app = app;
        this.folder = folder;
        keyHealth = Client("keyhealth");
        proxy = Client("proxy");
        stats = Client("stats");
    }

    /// <summary>Where the gateway listens: by the same protocol as YARP, IPv4.</summary>
    public Uri Address => new UriBuilder(proxy.BaseAddress!) { Host = "127.0.0.1" }.Uri;

    /// <summary>Access keys the gateway takes, each with limits nobody reaches.</summary>
    public List<string> AccessKeys { get; } = [];

    /// <summary>One without limits, for comparison.</summary>
    public string UnlimitedKey { get; } = $"bench-{Guid.NewGuid():N}";

    /// <summary>Starts it, without keys.</summary>
    public static async Task<GatewaySystem> StartAsync(Uri upstream)
    {
        var folder = Path.Combine(Path.GetTempPath(), "gemini-balance-bench-" + Path.GetRandomFileName());
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            [$"--Parameters:service-token={ServiceToken}", $"--DataFolder={folder}", $"--Gemini:BaseAddress={upstream}"]).ConfigureAwait(false);
        var app = await builder.BuildAsync().ConfigureAwait(false);
        using var limit = new CancellationTokenSource(Patience);
        await app.StartAsync(limit.Token).ConfigureAwait(false);
        foreach (var service in (string[])["keyhealth", "stats"])
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(service, limit.Token).ConfigureAwait(false);
        }

        GatewaySystem system = new(app, folder);
        using var known = await system.keyHealth.PostAsJsonAsync("/access-keys/imports", new[] { system.UnlimitedKey }, limit.Token).ConfigureAwait(false);
        known.EnsureSuccessStatusCode();
        return system;
    }

    /// <summary>The process of a service.</summary>
    public int Pid(string resource)
    {
        using var state = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "state.json")));
        return state.RootElement.GetProperty("resources").EnumerateArray().Single(r => r.GetProperty("name").GetString() == resource).GetProperty("replicas")[0].GetProperty("pid").GetInt32();
    }

    /// <summary>Adds keys and access keys until there are so many of each, and waits until the gateway knows them.</summary>
    public async Task FillAsync(int keys, int accessKeys)
    {
        var now = await StatusAsync().ConfigureAwait(false);
        StringBuilder lines = new();
        for (var i = now?.Keys ?? 0; i < keys; i++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"AIzaSy{Guid.NewGuid():N}0,bench {i},project-{i}\n");
        }

        if (lines.Length > 0)
        {
            using var imported = await keyHealth.PostAsync("/keys/imports", new StringContent(lines.ToString(), Encoding.UTF8, "text/plain")).ConfigureAwait(false);
            imported.EnsureSuccessStatusCode();
        }

        string[] added = [.. Enumerable.Range(AccessKeys.Count, accessKeys - AccessKeys.Count).Select(i => $"bench-{Guid.NewGuid():N}")];
        foreach (var some in added.Chunk(2000))
        {
            var rows = some.Select(key => new { key, name = key[..12], rpm_limit = 100_000_000, tpm_limit = 1_000_000_000_000, max_concurrency = 100_000 });
            using var known = await keyHealth.PostAsJsonAsync("/access-keys/imports", new { user_keys = rows }).ConfigureAwait(false);
            known.EnsureSuccessStatusCode();
        }

        AccessKeys.AddRange(added);
        await Eventually.TrueAsync(
            async () => await StatusAsync().ConfigureAwait(false) is { } status && status.Eligible >= keys && status.AccessKeys > accessKeys, Patience, "the gateway with its keys").ConfigureAwait(false);
        await SettledAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until new keys have been checked, one after the other: nothing of the pool changes any more.</summary>
    private async Task SettledAsync()
    {
        var (sequence, since) = (-1L, Stopwatch.GetTimestamp());
        await Eventually.TrueAsync(
            async () =>
            {
                if (await StatusAsync().ConfigureAwait(false) is { } status && status.Sequence != sequence)
                {
                    (sequence, since) = (status.Sequence, Stopwatch.GetTimestamp());
                }

                return Stopwatch.GetElapsedTime(since) > Quiet;
            },
            LongPatience,
            "new keys checked").ConfigureAwait(false);
    }

    /// <summary>Waits until every fact has left the gateway and stands in the views, so that the load before does not weigh on what comes.</summary>
    public async Task QuietAsync()
    {
        var (seen, since) = (-1L, Stopwatch.GetTimestamp());
        await Eventually.TrueAsync(
            async () =>
            {
                if (await SeenAsync().ConfigureAwait(false) is var now && now != seen)
                {
                    (seen, since) = (now, Stopwatch.GetTimestamp());
                }

                return await StatusAsync().ConfigureAwait(false) is { UnsentFacts: 0 } && Stopwatch.GetElapsedTime(since) > Still;
            },
            Patience,
            "no fact on its way").ConfigureAwait(false);
    }

    /// <summary>The last event of the store all views have seen.</summary>
    public async Task<long> SeenAsync()
    {
        var status = await stats.GetFromJsonAsync("/stats/projections", ContractsJson.Default.ProjectionStatus).ConfigureAwait(false);
        return status!.Views.Values.Min();
    }

    /// <summary>How many methods the gateway's just-in-time compiler has compiled, those compiled anew with more effort among them.</summary>
    public async Task<long> CompiledAsync()
    {
        const string Name = "dotnet_jit_compiled_methods_total";
        var lines = (await proxy.GetStringAsync("/metrics").ConfigureAwait(false)).Split('\n');
        return long.Parse(lines.Single(line => line.StartsWith(Name, StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        keyHealth.Dispose();
        proxy.Dispose();
        stats.Dispose();
        await app.DisposeAsync().ConfigureAwait(false);
    }

    private HttpClient Client(string resource)
    {
        var client = app.CreateHttpClient(resource);
        client.Timeout = Patience;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ServiceToken);
        return client;
    }

    private async Task<ProxyStatus?> StatusAsync()
    {
        try
        {
            using var response = await proxy.GetAsync("/internal/status").ConfigureAwait(false);
            return response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync(ContractsJson.Default.ProxyStatus).ConfigureAwait(false) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
