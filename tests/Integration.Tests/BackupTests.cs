extern alias cli;

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using cli::GeminiBalance.Cli;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Npgsql;
using Xunit;

namespace GeminiBalance.Integration.Tests;

/// <summary>What is stored, into a file and back.</summary>
public sealed class BackupTests(GatewayFixture gateway) : IAsyncLifetime
{
    private const string EncryptionKey = "backup-tests-encryption-key-0123456789-abcdef";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    private readonly string folder = Directory.CreateTempSubdirectory("gemini-balance-backup-").FullName;
    private readonly StringWriter said = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        // The server's user cannot get into a folder of root: its data lies elsewhere then.
        var home = Path.Combine(folder, "data", "postgres", "home");
        if (File.Exists(home))
        {
            Directory.Delete(Path.GetDirectoryName((await File.ReadAllTextAsync(home)).Trim())!, recursive: true);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Backup_OfARunningSystem_IsPutIntoAnEmptyDatabase_UnderANewEpoch_AndIntoAFullOneOnlyByForce()
    {
        using (var response = await gateway.ChatAsync("in the backup"))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        await Eventually.TrueAsync(async () => (await gateway.ProxyStatusAsync()).UnsentFacts == 0 && (await gateway.OverviewAsync()).Counts.Requests > 0, TimeSpan.FromSeconds(60), "a stored request");
        var file = Path.Combine(folder, "system.backup");
        await BackupVerb.RunAsync(Running(gateway.DataFolder), file, said, TimeProvider.System);
        var again = await Assert.ThrowsAsync<CliException>(() => BackupVerb.RunAsync(Running(gateway.DataFolder), file, said, TimeProvider.System));

        Assert.Contains("is not replaced", again.Message, StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFiles(folder));
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        var manifest = await BackupArchive.CheckAsync(file);
        Assert.Equal((await gateway.ProxyStatusAsync()).Epoch.ToString(), manifest.Epoch);
        Assert.DoesNotContain(Running(gateway.DataFolder).Parameter("encryption-key"), System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)), StringComparison.Ordinal);

        var data = Path.Combine(folder, "data");
        await using var database = await StartAsync(data, "--DatabaseOnly=true");
        await database.ResourceNotifications.WaitForResourceHealthyAsync("postgres", TestContext.Current.CancellationToken);
        Assert.Null(ParameterFile.Kept(data, ParameterFile.EncryptionKey));
        await RestoreVerb.RunAsync(Running(data), data, file, false, null, said);
        ParameterFile.Keep(data, ParameterFile.EncryptionKey, "of the data that is there");
        var key = Running(gateway.DataFolder).Parameter(ParameterFile.EncryptionKey);
        var refused = await Assert.ThrowsAsync<CliException>(() => RestoreVerb.RunAsync(Running(data), data, file, false, key, said));
        Assert.Equal("of the data that is there", ParameterFile.Kept(data, ParameterFile.EncryptionKey));
        await RestoreVerb.RunAsync(Running(data), data, file, true, key, said);

        Assert.Equal(key, ParameterFile.Kept(data, ParameterFile.EncryptionKey));
        Assert.Contains("--force", refused.Message, StringComparison.Ordinal);
        await using var source = NpgsqlDataSource.Create((await database.GetConnectionStringAsync("geminibalance", TestContext.Current.CancellationToken))!);
        await using var read = source.CreateCommand("select p.epoch::text, s.name = p.epoch, (select count(*) from stats.mt_events) > 0, (select count(*) from keys.secrets) > 0, (select count(*) from identity.\"AspNetUsers\") from keys.pool p, stats.store s");
        await using var row = await read.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        Assert.True(await row.ReadAsync(TestContext.Current.CancellationToken));
        Assert.NotEqual(manifest.Epoch, row.GetString(0));
        Assert.Equal((true, true, true, 1L), (row.GetBoolean(1), row.GetBoolean(2), row.GetBoolean(3), row.GetInt64(4)));
    }

    [Fact]
    [Trait("Suite", "Full")]
    public async Task Restore_BringsBackTheRequestsSinceTheBackup_AndForgetsTheKeysSince()
    {
        var data = Path.Combine(folder, "data");
        var file = Path.Combine(folder, "system.backup");
        var (accessKey, late) = ("", default(CreatedAccessKey));
        Usage before;
        Guid epoch;
        await using (var app = await StartWholeAsync(data))
        {
            using var system = new Client(app);
            accessKey = (await system.CreateAccessKeyAsync("early")).Key;
            await system.ImportAsync();
            await system.AskAsync(accessKey, 10, "before the backup");
            await system.StoredAsync(10);
            await BackupVerb.RunAsync(Running(data), file, said, TimeProvider.System);
            late = await system.CreateAccessKeyAsync("late");
            await system.AskAsync(accessKey, 15, "after the backup");
            before = await system.StoredAsync(25);
            epoch = (await system.StatusAsync()).Epoch!.Value;
        }

        await using (var database = await StartAsync(data, "--DatabaseOnly=true"))
        {
            await database.ResourceNotifications.WaitForResourceHealthyAsync("postgres", TestContext.Current.CancellationToken);
            await RestoreVerb.RunAsync(Running(data), data, file, true, null, said);
        }

        await using (var app = await StartWholeAsync(data))
        {
            using var system = new Client(app);
            var after = await system.StoredAsync(25);

            Assert.Equal(before.Total, after.Total);
            var status = await system.StatusAsync();
            Assert.NotEqual(epoch, status.Epoch);
            await Eventually.TrueAsync(async () => await system.TryAskAsync(late!.Key, "unknown now") == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(60), "the late access key unknown");
            Assert.Equal(HttpStatusCode.OK, await system.TryAskAsync(accessKey, "still known"));
        }
    }

    private static RunningSystem Running(string data) => new(data, JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(data, "state.json")), StateJson.Default.SystemState)!);

    private static async Task<DistributedApplication> StartAsync(string data, params string[] more)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            [$"--Parameters:service-token={GatewayFixture.ServiceToken}", $"--Parameters:encryption-key={EncryptionKey}", $"--DataFolder={data}", "--LocalEngine:Ephemeral=false", .. more]);
        var app = await builder.BuildAsync();
        using var limit = new CancellationTokenSource(StartTimeout);
        await app.StartAsync(limit.Token);
        return app;
    }

    private static async Task<DistributedApplication> StartWholeAsync(string data)
    {
        var app = await StartAsync(data, "--Demo=true");
        using var limit = new CancellationTokenSource(StartTimeout);
        foreach (var service in (string[])["keyhealth", "stats", "proxy"])
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(service, limit.Token);
        }

        return app;
    }

    /// <summary>A client of a system that is started and stopped by one test.</summary>
    private sealed class Client(DistributedApplication app) : IDisposable
    {
        private readonly HttpClient keyHealth = Of(app, "keyhealth");
        private readonly HttpClient stats = Of(app, "stats");
        private readonly HttpClient proxy = Of(app, "proxy");

        public async Task<CreatedAccessKey> CreateAccessKeyAsync(string name)
        {
            using var response = await keyHealth.PostAsJsonAsync("/access-keys", new CreateAccessKey(name, null), ContractsJson.Default.CreateAccessKey);
            response.EnsureSuccessStatusCode();
            var created = (await response.Content.ReadFromJsonAsync(ContractsJson.Default.CreatedAccessKey))!;
            await Eventually.TrueAsync(async () => await StatusAsync() is var status && status.Epoch == created.Epoch && status.Sequence >= created.Sequence, TimeSpan.FromSeconds(60), "the access key known");
            return created;
        }

        public async Task ImportAsync()
        {
            using var simulator = app.CreateHttpClient("gemini-simulator");
            var keys = (await new SimulatorControl(simulator).KeysAsync()).Where(key => key.Behaviour is null);
            using var response = await keyHealth.PostAsync("/keys/imports", new StringContent(string.Join('\n', keys.Select(key => $"{key.Value},{key.Label},{key.Project}")), System.Text.Encoding.UTF8, "text/plain"));
            response.EnsureSuccessStatusCode();
            await Eventually.TrueAsync(async () => (await StatusAsync()).Eligible > 0, TimeSpan.FromSeconds(60), "keys in the pool");
        }

        public async Task AskAsync(string accessKey, int times, string text)
        {
            for (var i = 0; i < times; i++)
            {
                Assert.Equal(HttpStatusCode.OK, await TryAskAsync(accessKey, $"{text} {i}"));
            }
        }

        public async Task<HttpStatusCode> TryAskAsync(string accessKey, string text)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
            {
                Content = new StringContent($$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"{{text}}"}]}""", System.Text.Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessKey);
            using var response = await proxy.SendAsync(request);
            await response.Content.ReadAsStringAsync();
            return response.StatusCode;
        }

        /// <summary>The usage, once so many requests are in it.</summary>
        public async Task<Usage> StoredAsync(long requests)
        {
            Usage? usage = null;
            await Eventually.TrueAsync(async () =>
            {
                usage = await stats.GetFromJsonAsync("/stats/usage", ContractsJson.Default.Usage);
                return usage!.Total.Requests >= requests;
            }, TimeSpan.FromSeconds(90), $"{requests} stored requests");
            Assert.Equal(requests, usage!.Total.Requests);
            return usage;
        }

        public async Task<ProxyStatus> StatusAsync() => (await proxy.GetFromJsonAsync("/internal/status", ContractsJson.Default.ProxyStatus))!;

        public void Dispose()
        {
            keyHealth.Dispose();
            stats.Dispose();
            proxy.Dispose();
        }

        private static HttpClient Of(DistributedApplication app, string resource)
        {
            var client = app.CreateHttpClient(resource);
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", GatewayFixture.ServiceToken);
            return client;
        }
    }
}
