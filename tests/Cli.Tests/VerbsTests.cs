using System.Text.Json;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class VerbsTests
{
    private static readonly Guid Epoch = Guid.CreateVersion7();

    [Fact]
    public async Task ImportKeys_SomeRejected_NamesTheirLinesAndReturnsThree()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("POST /keys/imports", ContractsJson.Default.ImportResult, () => new(
            [
                new(1, ImportOutcome.Added, "AIza…1234", Guid.CreateVersion7(), null),
                new(2, ImportOutcome.AlreadyInPool, "AIza…5678", Guid.CreateVersion7(), null),
                new(3, ImportOutcome.NotAKey, null, null, "shorter than 20 characters"),
            ],
            1,
            1,
            1,
            Epoch,
            9));
        stub.On("GET /internal/status", ContractsJson.Default.ProxyStatus, () => Status(9));
        stub.On("GET /keys", ContractsJson.Default.KeyPage, () => new([], null, 0));
        stub.On("GET /keys/summary", ContractsJson.Default.KeySummary, () => new(2, new Dictionary<KeyStatus, int> { [KeyStatus.Healthy] = 2 }));
        using var folder = new TemporaryFolder();
        var file = folder.In("keys.txt");
        await File.WriteAllTextAsync(file, "AIza-secret-1234\nAIza-secret-5678\nshort\n", TestContext.Current.CancellationToken);
        using var output = new StringWriter();

        var code = await KeyVerbs.RunAsync(stub.System, ["import", file], output);

        Assert.Equal(3, code);
        Assert.Contains("line 3: no key: shorter than 20 characters", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("1 added, 1 known already, 1 rejected.", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImportKeys_GatewayLagsBehind_WaitsForItAndForTheChecks()
    {
        await using var stub = await StubSystem.StartAsync();
        var (asked, listed) = (0, 0);
        stub.On("POST /keys/imports", ContractsJson.Default.ImportResult, () => new([], 2, 0, 0, Epoch, 9));
        stub.On("GET /internal/status", ContractsJson.Default.ProxyStatus, () => Status(asked++ < 3 ? 8 : 9));
        stub.On("GET /keys", ContractsJson.Default.KeyPage, () => new([Key("AIza…0001") with { Status = KeyStatus.New, LastCheckedAt = listed++ < 2 ? null : DateTimeOffset.UnixEpoch }], null, 1));
        stub.On("GET /keys/summary", ContractsJson.Default.KeySummary, () => new(2, new Dictionary<KeyStatus, int> { [KeyStatus.Healthy] = 1, [KeyStatus.New] = 1 }));
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.In("keys.txt"), "a\nb\n", TestContext.Current.CancellationToken);
        using var output = new StringWriter();

        Assert.Equal(0, await KeyVerbs.RunAsync(stub.System, ["import", folder.In("keys.txt")], output));

        Assert.Equal(4, asked);
        Assert.Equal(3, listed);
        Assert.Contains("1 New, 1 Healthy", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImportKeys_ManyAtOnce_GoAsAJobWithProgress()
    {
        await using var stub = await StubSystem.StartAsync();
        var job = new ImportJob(Guid.CreateVersion7(), ImportState.Waiting, "lines", false, 5000, 0, 0, 0, 0, "gb", DateTimeOffset.UnixEpoch, null, null, null, null);
        var asked = 0;
        stub.On("POST /keys/import-jobs", ContractsJson.Default.ImportJob, () => job);
        stub.On($"GET /keys/import-jobs/{job.Id}", ContractsJson.Default.ImportJob, () => asked++ == 0
            ? job with { State = ImportState.Running, Processed = 2000 }
            : job with { State = ImportState.Done, Processed = 5000, Added = 4999, Rejected = 1, Epoch = Epoch, Sequence = 9 });
        stub.On($"GET /keys/import-jobs/{job.Id}/lines", ContractsJson.Default.ImportLinePage, () => new([new(7, ImportOutcome.NotAKey, null, null, "too short")], null));
        stub.On("GET /internal/status", ContractsJson.Default.ProxyStatus, () => Status(9));
        stub.On("GET /keys/summary", ContractsJson.Default.KeySummary, () => new(4999, new Dictionary<KeyStatus, int> { [KeyStatus.New] = 4999 }));
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.In("keys.txt"), new string('k', 200_000), TestContext.Current.CancellationToken);
        using var output = new StringWriter();

        Assert.Equal(3, await KeyVerbs.RunAsync(stub.System, ["import", folder.In("keys.txt")], output));

        Assert.Equal(0, stub.CallsTo("POST /keys/imports"));
        Assert.Contains("2000 of 5000", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("line 7: no key: too short", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("4999 added, 0 known already, 1 rejected.", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImportKeys_NoSuchFile_SaysSo()
    {
        await using var stub = await StubSystem.StartAsync();

        var refusal = await Assert.ThrowsAsync<CliException>(() => KeyVerbs.RunAsync(stub.System, ["import", "/nowhere/keys.txt"], TextWriter.Null));

        Assert.Contains("/nowhere/keys.txt", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImportKeys_AsAJobWithManyRejected_NamesThoseOfEveryPage_InJsonToo()
    {
        await using var stub = await StubSystem.StartAsync();
        var job = new ImportJob(Guid.CreateVersion7(), ImportState.Done, "lines", false, 3, 3, 1, 0, 2, "gb", DateTimeOffset.UnixEpoch, null, null, Epoch, 9);
        var asked = 0;
        stub.On("POST /keys/import-jobs", ContractsJson.Default.ImportJob, () => job);
        stub.On($"GET /keys/import-jobs/{job.Id}/lines", ContractsJson.Default.ImportLinePage, () => asked++ % 2 == 0
            ? new([new(7, ImportOutcome.NotAKey, null, null, "too short")], "7")
            : new([new(9, ImportOutcome.NotAKey, null, null, "too long")], null));
        stub.On("GET /internal/status", ContractsJson.Default.ProxyStatus, () => Status(9));
        stub.On("GET /keys/summary", ContractsJson.Default.KeySummary, () => new(1, new Dictionary<KeyStatus, int> { [KeyStatus.New] = 1 }));
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.In("keys.txt"), "a\nb\nc\n", TestContext.Current.CancellationToken);
        using var output = new StringWriter();
        using var json = new StringWriter();

        Assert.Equal(3, await KeyVerbs.RunAsync(stub.System, ["import", folder.In("keys.txt"), "--disabled"], output));
        Assert.Equal(3, await KeyVerbs.RunAsync(stub.System, ["import", folder.In("keys.txt"), "--disabled", "--json"], json));

        Assert.Contains("line 7: no key: too short", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("line 9: no key: too long", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("after=7", stub.Calls.Last(call => call.Route.EndsWith("/lines", StringComparison.Ordinal)).Query, StringComparison.Ordinal);
        using var told = JsonDocument.Parse(json.ToString().Trim());
        Assert.Equal((1, 0, 2), (told.RootElement.GetProperty("added").GetInt32(), told.RootElement.GetProperty("duplicates").GetInt32(), told.RootElement.GetProperty("rejected").GetInt32()));
        Assert.Equal(
            [(7, "NotAKey", "too short"), (9, "NotAKey", "too long")],
            told.RootElement.GetProperty("lines").EnumerateArray().Select(line => (line.GetProperty("line").GetInt32(), line.GetProperty("outcome").GetString(), line.GetProperty("reason").GetString())));
    }

    [Fact]
    public async Task ImportKeys_GatewayDoesNotAnswer_SaysWhatIsStoredAndReturnsThree()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("POST /keys/imports", ContractsJson.Default.ImportResult, () => new([new(2, ImportOutcome.NotAKey, null, null, "too short")], 1, 0, 1, Epoch, 9));
        stub.Refuse("GET /internal/status", 503, "{}");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.In("keys.txt"), "a\nb\n", TestContext.Current.CancellationToken);
        using var output = new StringWriter();

        var refusal = await Assert.ThrowsAsync<CliException>(() => KeyVerbs.RunAsync(stub.System, ["import", folder.In("keys.txt")], output));

        Assert.Equal(3, refusal.ExitCode);
        Assert.StartsWith("The keys are stored, but not in use yet.", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("line 2: no key: too short", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImportKeys_FileThatCannotBeRead_IsOneSentence()
    {
        await using var stub = await StubSystem.StartAsync();

        // It is there and may be opened, and no byte at its beginning can be read.
        var refusal = await Assert.ThrowsAsync<CliException>(() => KeyVerbs.RunAsync(stub.System, ["import", "/proc/self/mem"], TextWriter.Null));
        var folder = await Assert.ThrowsAsync<CliException>(() => KeyVerbs.RunAsync(stub.System, ["import", stub.Folder], TextWriter.Null));

        Assert.Equal((1, "/proc/self/mem cannot be read."), (refusal.ExitCode, refusal.Message));
        Assert.Equal($"{stub.Folder} cannot be read: it is a folder, or belongs to another user.", folder.Message);
    }

    [Fact]
    public async Task Call_ThatIsNotAnsweredInTime_IsOneSentence()
    {
        await using var stub = await StubSystem.StartAsync();
        using var answer = new ManualResetEventSlim();
        stub.On("GET /keys/summary", _ =>
        {
            answer.Wait(TimeSpan.FromSeconds(30));
            return "{}";
        });
        using var services = new ServiceCalls(stub.System, TimeSpan.FromMilliseconds(100));

        var refusal = await Assert.ThrowsAsync<CliException>(services.SummaryAsync);
        answer.Set();

        Assert.StartsWith("keyhealth did not answer within", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListKeys_TwoPages_PrintsBothMasked()
    {
        await using var stub = await StubSystem.StartAsync();
        var pages = new Queue<KeyPage>([new([Key("AIza…0001")], "next page", 2), new([Key("AIza…0002")], null, 2)]);
        stub.On("GET /keys", ContractsJson.Default.KeyPage, pages.Dequeue);
        using var output = new StringWriter();

        Assert.Equal(0, await KeyVerbs.RunAsync(stub.System, ["list"], output));

        Assert.Contains("AIza…0001", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("AIza…0002", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("after=next%20page", stub.Calls[^1].Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateAccessKey_Refused_SaysWhatTheServiceSaid()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.Refuse("POST /access-keys", 400, """{"title":"Bad Request","detail":"A name has 1 to 100 characters.","code":"invalid_name"}""");

        var refusal = await Assert.ThrowsAsync<CliException>(() => AccessKeyVerbs.RunAsync(stub.System, ["create", " "], TextWriter.Null));

        Assert.Contains("A name has 1 to 100 characters.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, refusal.ExitCode);
    }

    [Fact]
    public async Task Password_TokenRefused_NamesTheTokenNotItsValue()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.Refuse("POST /internal/password", 401, "");

        var refusal = await Assert.ThrowsAsync<CliException>(() => Verbs.PasswordAsync(stub.System, TextWriter.Null));

        Assert.Contains("service token", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(StubSystem.Token, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_IsPrintedOnce()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("POST /internal/password", _ => """{"user":"admin","password":"brand-new"}""");
        using var output = new StringWriter();

        Assert.Equal(0, await Verbs.PasswordAsync(stub.System, output));

        Assert.Equal("user admin  password brand-new", output.ToString().Trim());
    }

    [Fact]
    public void UsageJson_Sums_AreWhatTheirNamesSay()
    {
        var counts = new UsageCounts(10, 6, 2, 1, 1, 100, 50, 25, 10, 175);
        using var json = JsonDocument.Parse(Verbs.UsageJson(new(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, UsageGrouping.Model, counts, [], 0.25)));

        Assert.Equal(
            [("requests", 10), ("succeeded", 6), ("failed", 3), ("aborted", 1), ("inputTokens", 100), ("outputTokens", 75), ("totalTokens", 175), ("lagSeconds", 0.25)],
            json.RootElement.EnumerateObject().Select(property => (property.Name, property.Value.GetDouble())));
    }

    [Fact]
    public async Task Status_OneIsUnwell_ReturnsOne()
    {
        await using var stub = await StubSystem.StartAsync();
        var unwell = stub.System.State with { Resources = [.. stub.System.State.Resources.Skip(1), stub.System.State.Resources[0] with { Health = "Unhealthy" }] };
        using var output = new StringWriter();

        Assert.Equal(0, Verbs.Status(stub.System, output));
        Assert.Equal(1, Verbs.Status(new(stub.Folder, unwell), output));
        Assert.Contains("Unhealthy", output.ToString(), StringComparison.Ordinal);
    }

    private static ProxyStatus Status(long sequence) => new(Epoch, sequence, 2, 2, 1, "redis", 0);

    private static KeyView Key(string mask) =>
        new(Guid.CreateVersion7(), mask, "label", "project", KeyStatus.Healthy, null, null, null, DateTimeOffset.UnixEpoch, null, DateTimeOffset.UnixEpoch, null, null, 1);
}
