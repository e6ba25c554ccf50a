using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using GeminiBalance.TestKit;
using Npgsql;
using StackExchange.Redis;
using Xunit;

namespace GeminiBalance.Integration.Tests;

/// <summary>Looks for keys everywhere they must not be.</summary>
public sealed class SecretsSweepTests(GatewayFixture gateway) : IAsyncLifetime
{
    /// <summary>Stands for all that clients say: prompts and answers are nobody's business but theirs.</summary>
    private const string Prompt = "canary-prompt-that-nobody-keeps";

    /// <summary>Is everywhere: a search that does not find it looks in the wrong place.</summary>
    private const string Known = "gemini-2.5-flash";

    /// <summary>A key of somebody else, or one with a slip of the hand: as secret as one that is right.</summary>
    private const string Stranger = "sk-gb-not-one-of-ours-0123456789abcdef";

    private readonly string[] secrets = [gateway.AccessKey, Stranger, Prompt];

    public async ValueTask InitializeAsync()
    {
        using (var unary = await gateway.ChatAsync(Prompt))
        using (var stream = await gateway.ChatAsync(Prompt, more: ",\"stream\":true"))
        using (var refused = await gateway.ChatAsync(Prompt, more: ",\"temperature\":9"))
        using (var stranger = await gateway.ChatAsync(Prompt, accessKey: "sk-gb-unknown"))
        {
            Assert.Contains(Prompt, await unary.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
            await stream.Content.ReadAsStringAsync();
            Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized), (refused.StatusCode, stranger.StatusCode));
        }

        // An address is what every server, proxy and library writes down first. Wrong keys are few: too many are not even looked at.
        foreach (var (key, method, status) in ((string, string, HttpStatusCode)[])
            [
                (gateway.AccessKey, "generateContent?key=", HttpStatusCode.OK),
                (gateway.AccessKey, "streamGenerateContent?alt=sse&key=", HttpStatusCode.OK),
                (gateway.AccessKey, "countTokens?%6bey=", HttpStatusCode.OK),
                (Stranger, "generateContent?key=", HttpStatusCode.Unauthorized),
            ])
        {
            using var content = new StringContent($$"""{"contents":[{"parts":[{"text":"{{Prompt}}"}]}]}""", Encoding.UTF8, "application/json");
            using var answer = await gateway.Gateway.PostAsync($"/v1beta/models/gemini-2.5-flash:{method}{key}", content);
            Assert.Equal(status, answer.StatusCode);
            Assert.DoesNotContain(key, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await Eventually.TrueAsync(async () => (await gateway.ProxyStatusAsync()).UnsentFacts == 0, TimeSpan.FromSeconds(60), "every fact on the bus");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Keys_AreNowhereInTheDatabase()
    {
        var (found, control) = (new List<string>(), new List<string>());
        await using var source = NpgsqlDataSource.Create((await gateway.App.GetConnectionStringAsync("geminibalance", TestContext.Current.CancellationToken))!);
        var tables = new List<string>();
        await using (var list = source.CreateCommand("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"))
        await using (var reader = await list.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                tables.Add(reader.GetString(0));
            }
        }

        Assert.Contains("keys.mt_events", tables);
        Assert.Contains("stats.mt_events", tables);
        foreach (var secret in (string[])[.. await AllSecretsAsync(), Known])
        {
            foreach (var table in tables)
            {
                await using var search = source.CreateCommand($"select exists (select from {table} as row where strpos(row::text, $1) > 0)");
                search.Parameters.AddWithValue(secret);
                if ((bool)(await search.ExecuteScalarAsync(TestContext.Current.CancellationToken))!)
                {
                    (secret == Known ? control : found).Add(table);
                }
            }
        }

        Assert.Contains("stats.mt_events", control);
        Assert.Empty(found.Distinct());
    }

    [Fact]
    public async Task Keys_AreNowhereInRedis()
    {
        var values = new StringBuilder();
        await using var redis = await ConnectionMultiplexer.ConnectAsync((await gateway.App.GetConnectionStringAsync("redis", TestContext.Current.CancellationToken))!);
        foreach (var key in redis.GetServers()[0].Keys(pattern: "*"))
        {
            values.Append(key).Append('\n').Append(await redis.GetDatabase().KeyTypeAsync(key) == RedisType.String ? (string?)await redis.GetDatabase().StringGetAsync(key) : "").Append('\n');
        }

        Assert.Contains("gb:pool:head", values.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(await AllSecretsAsync(), secret => values.ToString().Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keys_AreInNoTelemetry()
    {
        var bodies = gateway.Collector.Bodies.Select(body => (body.Length.ToString(CultureInfo.InvariantCulture), body)).ToList();

        Assert.NotEmpty(Holding([Known], bodies));
        Assert.Empty(Holding(await AllSecretsAsync(), bodies));
    }

    [Fact]
    public async Task Keys_AreInNoMessage()
    {
        var bodies = gateway.Bus.Messages.Select(message => (message.Exchange, message.Body)).ToList();

        Assert.NotEmpty(Holding([Known], bodies));
        Assert.Empty(Holding(await AllSecretsAsync(), bodies));
    }

    [Fact]
    public async Task Keys_AreInNoFile()
    {
        // Logs of every program, the store's pages and its journal, the broker's queues, Redis' dump, the gateway's copy of the pool.
        var files = Directory.EnumerateFiles(gateway.DataFolder, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint })
            // The engine holds its lock for itself alone; it is empty.
            .Where(file => Path.GetFileName(file) != "lock")
            .ToList();

        Assert.Contains(files, file => file.EndsWith(".log", StringComparison.Ordinal));
        Assert.Empty(Holding(await AllSecretsAsync(), files.Select(file => (Path.GetRelativePath(gateway.DataFolder, file), Content(file)))));
        Assert.NotEmpty(Holding([Known], files.Select(file => (file, Content(file)))));
    }

    [Fact]
    public async Task Secrets_AreInNoProcessList()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string[] hidden = [.. await AllSecretsAsync(), GatewayFixture.ServiceToken];
        var services = 0;
        using var self = Process.GetCurrentProcess();
        var shown = new List<string>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            try
            {
                // The simulator's keys are the same in every run: whoever was there before may hold them for reasons of its own.
                using var process = Process.GetProcessById(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
                if (process.Id == self.Id || process.StartTime < self.StartTime)
                {
                    continue;
                }

                var line = await File.ReadAllTextAsync(Path.Combine(folder, "cmdline"), TestContext.Current.CancellationToken);
                services += line.Contains("GeminiBalance.ProxyService", StringComparison.Ordinal) ? 1 : 0;
                if (hidden.Any(secret => line.Contains(secret, StringComparison.Ordinal)))
                {
                    shown.Add(line.Split('\0')[0]);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
            {
                // The process ended meanwhile, or belongs to somebody else.
            }
        }

        Assert.Empty(shown);
        Assert.NotEqual(0, services);
    }

    private static IReadOnlyList<string> Holding(IEnumerable<string> all, IEnumerable<(string Name, byte[] Content)> places)
    {
        var patterns = all.Select(Encoding.UTF8.GetBytes).ToList();
        return [.. places.Where(place => patterns.Exists(pattern => place.Content.AsSpan().IndexOf(pattern) >= 0)).Select(place => place.Name)];
    }

    private static byte[] Content(string file)
    {
        try
        {
            // Servers hold their files open: what they have written so far is enough.
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return content.ToArray();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException || IsLock(file))
        {
            return [];
        }
    }

    /// <summary>A file that is held, and not shared, so that nobody else takes its folder; nothing is ever written into it.</summary>
    private static bool IsLock(string file) => Path.GetFileName(file) == "owner.lock" && new FileInfo(file).Length == 0;

    private async Task<IReadOnlyList<string>> AllSecretsAsync() => [.. secrets, .. (await gateway.Simulator.KeysAsync()).Select(key => key.Value)];
}
