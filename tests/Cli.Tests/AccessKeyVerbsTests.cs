using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class AccessKeyVerbsTests
{
    [Fact]
    public async Task Create_WithEveryOption_SendsAllOfThemAndPrintsIdAndKey()
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();
        using var output = new StringWriter();

        Assert.Equal(0, await AccessKeyVerbs.RunAsync(
            stub.System,
            ["create", "ci", "--models", "gemini-2.5-flash, gemini-2.5-pro", "--addresses", "10.0.0.0/8", "--expires=2030-01-31T12:00:00Z",
                "--owner", "ada", "--note", "for the build", "--tags", "ci", "--rpm", "60", "--tpm", "100000", "--rpd", "1000", "--concurrency", "4",
                "--budget-tokens-day", "1000000", "--budget-tokens-month", "20000000", "--budget-cost-day", "2.50", "--budget-cost-month", "50", "--json"],
            output));

        var sent = stub.Calls.Single(call => call.Route == "POST /access-keys").Body;
        var expected = new CreateAccessKey("ci", new DateTimeOffset(2030, 1, 31, 12, 0, 0, TimeSpan.Zero), "ada", "for the build", ["ci"], ["gemini-2.5-flash", "gemini-2.5-pro"], ["10.0.0.0/8"],
            new AccessKeyLimits(60, 100_000, 1000, 1_000_000, 20_000_000, 2.50m, 50, 4));
        Assert.Equal(JsonSerializer.Serialize(expected, ContractsJson.Default.CreateAccessKey), sent);
        var printed = JsonNode.Parse(output.ToString())!;
        Assert.Equal("sk-gb-abcd-1", (string?)printed["key"]);
        Assert.True(Guid.TryParse((string?)printed["id"], out _));
    }

    [Theory]
    [InlineData("create", "ci", "--models")]
    [InlineData("create", "ci", "--expires", "tomorrow?")]
    [InlineData("create", "ci", "--rpm", "0")]
    [InlineData("create", "ci", "--budget-cost-day", "free")]
    [InlineData("create", "ci", "--colour", "red")]
    [InlineData("create")]
    [InlineData("rotate", "not-an-id")]
    [InlineData("rotate", "019f1a2b-0000-7000-8000-000000000001", "--overlap", "long")]
    [InlineData("dance")]
    public async Task Misuse_IsOneSentenceAndTwo(params string[] args)
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();

        var refusal = await Assert.ThrowsAsync<CliException>(() => AccessKeyVerbs.RunAsync(stub.System, args, TextWriter.Null));

        Assert.Equal(2, refusal.ExitCode);
        Assert.Empty(stub.Calls);
    }

    [Fact]
    public async Task RotateAndRevoke_NameTheKeyByItsId()
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();
        var view = new AccessKeyView(Guid.CreateVersion7(), "ci", "sk-gb-abcd", true, DateTimeOffset.UnixEpoch, null, 1);
        var status = await new ServiceCalls(stub.System).GetAsync("proxy", "/internal/status", ContractsJson.Default.ProxyStatus);
        stub.On($"POST /access-keys/{view.Id}/rotate", ContractsJson.Default.CreatedAccessKey, () => new(view, "sk-gb-abcd-new", status.Epoch!.Value, 6));
        stub.On($"POST /access-keys/{view.Id}/revoke", ContractsJson.Default.AccessKeyView, () => view with { Enabled = false, RevokedAt = DateTimeOffset.UnixEpoch });
        using var output = new StringWriter();

        Assert.Equal(0, await AccessKeyVerbs.RunAsync(stub.System, ["rotate", view.Id.ToString(), "--overlap", "15m"], output));
        Assert.Equal(0, await AccessKeyVerbs.RunAsync(stub.System, ["revoke", view.Id.ToString()], output));

        Assert.Equal(["sk-gb-abcd-new", "ci is revoked."], output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("900", stub.Calls.Single(call => call.Route.EndsWith("/rotate", StringComparison.Ordinal)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateAndRotate_GatewayDoesNotAnswer_PrintTheKeyAndReturnThree()
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();
        var view = new AccessKeyView(Guid.CreateVersion7(), "ci", "sk-gb-abcd", true, DateTimeOffset.UnixEpoch, null, 1);
        stub.On($"POST /access-keys/{view.Id}/rotate", ContractsJson.Default.CreatedAccessKey, () => new(view, "sk-gb-abcd-new", Guid.CreateVersion7(), 6));
        stub.Refuse("GET /internal/status", 503, "{}");
        using var output = new StringWriter();

        var created = await Assert.ThrowsAsync<CliException>(() => AccessKeyVerbs.RunAsync(stub.System, ["create", "ci"], output));
        var rotated = await Assert.ThrowsAsync<CliException>(() => AccessKeyVerbs.RunAsync(stub.System, ["rotate", view.Id.ToString(), "--overlap", "0", "--json"], output));

        var lines = output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("sk-gb-abcd-1", lines[0]);
        Assert.Equal("sk-gb-abcd-new", (string?)JsonNode.Parse(lines[1])!["key"]);
        Assert.Equal(2, lines.Length);
        Assert.All([created, rotated], refused =>
        {
            Assert.Equal(3, refused.ExitCode);
            Assert.StartsWith("The access key is stored, but does not work yet.", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("sk-gb", refused.Message, StringComparison.Ordinal);
        });
    }
}
