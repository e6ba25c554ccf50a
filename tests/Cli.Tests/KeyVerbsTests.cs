using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class KeyVerbsTests
{
    private const string Id = "019f1a2b-0000-7000-8000-000000000001";

    [Theory]
    [InlineData("dance")]
    [InlineData("undo")]
    [InlineData("undo", "not-an-id")]
    [InlineData("undo", Id, "--dry-run")]
    [InlineData("undo", "--cause", "probe")]
    [InlineData("undo", "--cause", "probe", "--from", "yesterday?")]
    [InlineData("undo", Id, "--cause", "probe", "--from", "2030-01-01T00:00:00Z")]
    [InlineData("check")]
    [InlineData("cleanup", "--now")]
    [InlineData("pools")]
    [InlineData("imports")]
    [InlineData("imports", "undo", "not-an-id")]
    [InlineData("pools", "limits", "set", "project:a")]
    [InlineData("pools", "limits", "set", "project:a", "m")]
    [InlineData("pools", "limits", "set", "project:a", "m", "--rpm", "-1")]
    [InlineData("pools", "limits", "reset", "project:a", "m", "--rpm", "1")]
    [InlineData("import")]
    [InlineData("import", "-", "--tier")]
    public async Task Misuse_IsTwoAndAsksNobody(params string[] args)
    {
        await using var stub = await StubSystem.StartAsync();

        var refusal = await Assert.ThrowsAsync<CliException>(() => KeyVerbs.RunAsync(stub.System, args, TextWriter.Null));

        Assert.Equal(2, refusal.ExitCode);
        Assert.Empty(stub.Calls);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("enable")]
    [InlineData("disable")]
    [InlineData("undo")]
    public async Task Move_OfOneKey_SaysWhatItIsNow(string verb)
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On($"POST /keys/{Id}/{verb}", ContractsJson.Default.KeyView, () => Key());
        using var output = new StringWriter();

        Assert.Equal(0, await KeyVerbs.RunAsync(stub.System, [verb, Id], output));
        Assert.Equal(0, await KeyVerbs.RunAsync(stub.System, [verb, Id, "--json"], output));

        var lines = output.ToString().Split(Environment.NewLine);
        Assert.Equal($"{Id} AIza…0001 is Forbidden (suspended).", lines[0]);
        Assert.Equal(Id, (string?)JsonNode.Parse(lines[1])!["id"]);
    }

    [Fact]
    public async Task Undo_OfACause_SendsItAndSaysWhatWasPutBack()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("POST /transitions/undo", body => JsonSerializer.Serialize(
            new UndoneTransitions(
                JsonSerializer.Deserialize(body, ContractsJson.Default.UndoTransitions)!.DryRun,
                1,
                1,
                [new(Guid.Parse(Id), null, null, KeyStatus.Forbidden, KeyStatus.Healthy), new(null, "project:a", "m", KeyStatus.Cooling, KeyStatus.Healthy)]),
            ContractsJson.Default.UndoneTransitions));
        using var output = new StringWriter();

        Assert.Equal(0, await KeyVerbs.RunAsync(
            stub.System, ["undo", "--cause", "suspended", "--from", "2030-01-01T00:00:00Z", "--to", "2030-01-02T00:00:00Z", "--dry-run"], output));

        var sent = JsonSerializer.Deserialize(stub.Calls.Single().Body, ContractsJson.Default.UndoTransitions);
        Assert.Equal(new UndoTransitions("suspended", new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2030, 1, 2, 0, 0, 0, TimeSpan.Zero), true), sent);
        Assert.Equal(
            [$"{Id}: Forbidden to Healthy", "project:a m: Cooling to Healthy", "Would put back 1 key and 1 quota."],
            output.ToString().Trim().Split(Environment.NewLine));
    }

    [Theory]
    [InlineData("GET /keys/cleanup", "Would retire 1 key. 2 dead keys kept, because no good one is left.", "--preview")]
    [InlineData("POST /keys/cleanup", "Retired 1 key. 2 dead keys kept, because no good one is left.")]
    public async Task Cleanup_WithAndWithoutPreview_AsksOrActs(string route, string said, params string[] options)
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On(route, ContractsJson.Default.KeyCleanup, () => new(1, 2, [Key()]));
        using var output = new StringWriter();

        Assert.Equal(0, await KeyVerbs.RunAsync(stub.System, ["cleanup", .. options], output));

        Assert.Equal(said, output.ToString().Trim().Split(Environment.NewLine)[^1]);
        Assert.Equal(route, stub.Calls.Single().Route);
    }

    [Fact]
    public async Task Pools_ListLimitsAndReset_NameThePoolInTheQuery()
    {
        await using var stub = await StubSystem.StartAsync();
        var end = DateTimeOffset.UnixEpoch;
        var pool = new PoolView("project:a/b", "a/b", null, null, KeyTier.Free, 2, [new("m", [new(QuotaMetric.RequestsPerDay, 20, true, 5, end)], [new(null, KeyStatus.Cooling, end, end, null)])]);
        stub.On("GET /pools", ContractsJson.Default.PoolPage, () => new([pool], null, 1));
        stub.On("PUT /pools/limits", ContractsJson.Default.PoolView, () => pool);
        stub.On("POST /pools/reset", ContractsJson.Default.PoolView, () => pool);
        using var output = new StringWriter();

        foreach (string[] args in (string[][])[["list"], ["limits", "set", pool.Pool, "m", "--rpd", "20"], ["limits", "reset", pool.Pool, "m"], ["reset", pool.Pool]])
        {
            Assert.Equal(0, await KeyVerbs.RunAsync(stub.System, ["pools", .. args], output));
        }

        Assert.All(stub.Calls.Skip(1), call => Assert.Equal("?pool=project%3Aa%2Fb", call.Query));
        Assert.Equal(["""{"model":"m","requestsPerDay":20}""", """{"model":"m"}""", "{}"], stub.Calls.Skip(1).Select(call => call.Body));
        Assert.Contains("5 of 20 (set)", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("Cooling until", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_WithTerms_GoesAsAJobThatHasThem()
    {
        await using var stub = await StubSystem.StartAsync();
        var job = new ImportJob(Guid.Parse(Id), ImportState.Done, "lines", true, 1, 1, 1, 0, 0, "gb", DateTimeOffset.UnixEpoch, null, null, Guid.Parse(Id), 9);
        stub.On("POST /keys/import-jobs", ContractsJson.Default.ImportJob, () => job);
        stub.On($"GET /keys/import-jobs/{Id}/lines", ContractsJson.Default.ImportLinePage, () => new([], null));
        stub.On("GET /internal/status", ContractsJson.Default.ProxyStatus, () => new(Guid.Parse(Id), 9, 1, 1, 1, "redis", 0));
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.In("keys.txt"), "AIza-secret-1234\n", TestContext.Current.CancellationToken);
        using var output = new StringWriter();

        Assert.Equal(0, await KeyVerbs.RunAsync(
            stub.System, ["import", folder.In("keys.txt"), "--label-prefix", "a b/", "--project", "p", "--tier", "paid", "--tags", "x,y", "--disabled", "--dry-run", "--json"], output));

        Assert.Equal("?labelPrefix=a%20b%2F&project=p&tier=paid&tags=x%2Cy&disabled=true&dryRun=true", stub.Calls[0].Query);
        Assert.Equal(1, (int?)JsonNode.Parse(output.ToString())!["added"]);
    }

    [Fact]
    public async Task Imports_ListAndUndo_SayWhatBecameOfAJob()
    {
        await using var stub = await StubSystem.StartAsync();
        var job = new ImportJob(Guid.Parse(Id), ImportState.Done, "csv", false, 9, 9, 7, 1, 1, "ada", DateTimeOffset.UnixEpoch, null, null, null, null);
        stub.On("GET /keys/import-jobs", ContractsJson.Default.ImportJobArray, () => [job]);
        stub.On($"POST /keys/import-jobs/{Id}/undo", ContractsJson.Default.ImportJob, () => job with { State = ImportState.Undone });
        using var output = new StringWriter();

        Assert.Equal(0, await KeyVerbs.RunAsync(stub.System, ["imports", "list"], output));
        Assert.Equal(0, await KeyVerbs.RunAsync(stub.System, ["imports", "undo", Id], output));
        Assert.Equal(0, await KeyVerbs.RunAsync(stub.System, ["imports", "undo", Id, "--json"], output));

        var lines = output.ToString().Trim().Split(Environment.NewLine);
        Assert.StartsWith(Id, lines[1], StringComparison.Ordinal);
        Assert.Equal($"{Id} is Undone: 9 of 9 entries, 7 added, 1 known already, 1 rejected.", lines[2]);
        Assert.Equal("Undone", (string?)JsonNode.Parse(lines[3])!["state"]);
    }

    private static KeyView Key() =>
        new(Guid.Parse(Id), "AIza…0001", "label", "project", KeyStatus.Forbidden, "suspended", null, null, DateTimeOffset.UnixEpoch, null, DateTimeOffset.UnixEpoch, null, null, 1);
}
