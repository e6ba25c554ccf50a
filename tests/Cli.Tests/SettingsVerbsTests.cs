using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class SettingsVerbsTests
{
    private static readonly SettingsView Now = new(
        3,
        [
            new("Balancing:Strategy", "weighted", "choice", "adaptive", null, null, ["adaptive", "weighted"], "How keys are chosen."),
            new("Forwarding:MaximumAttempts", null, "integer", "3", 1, 10, null, "The most upstream calls made for one request."),
            new("Thinking:Mode", null, "choice", "Client", null, null, ["Client", "Off"], "Who decides.", "Off", "environment", [new("environment", "Off"), new("default", "Client")]),
            new("Thinking:Level", null, "choice", "medium", null, null, ["low", "medium"], "How hard.", null, null, [new("file", "low", ["one", "two"]), new("default", "medium")]),
            new("Models:Default", null, "text", null, null, 200, null, "The model.", null, "default", [new("default", null)]),
        ]);

    [Fact]
    public async Task Set_SendsNameAndValue_AndUnsetSendsNull()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("PUT /settings", ContractsJson.Default.SettingsView, () => Now);
        stub.On("POST /settings/rollback", ContractsJson.Default.SettingsView, () => Now);
        using var output = new StringWriter();

        Assert.Equal(0, await SettingsVerbs.RunAsync(stub.System, ["set", "Thinking:Budget", "-1"], output));
        Assert.Equal(0, await SettingsVerbs.RunAsync(stub.System, ["unset", "Thinking:Budget"], output));
        Assert.Equal(0, await SettingsVerbs.RunAsync(stub.System, ["rollback", "2"], output));

        Assert.Equal(
            ["-1", null],
            stub.Calls.Where(call => call.Route == "PUT /settings").Select(call => JsonSerializer.Deserialize(call.Body, ContractsJson.Default.ChangeSettings)!.Values["Thinking:Budget"]));
        Assert.Equal(2, JsonSerializer.Deserialize(stub.Calls.Single(call => call.Route == "POST /settings/rollback").Body, ContractsJson.Default.RollbackSettings)!.To);
        Assert.Contains("Version 3", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_OfAPasswordInAnArgument_IsRefusedAndNamesTheOtherWay()
    {
        await using var stub = await StubSystem.StartAsync();
        using var output = new StringWriter();

        var refused = await Assert.ThrowsAsync<CliException>(() => SettingsVerbs.RunAsync(stub.System, ["set", "Upstream:Proxies", "http://user:pass-word@proxy:3128"], output));

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("settings set Upstream:Proxies -", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pass-word", refused.Message, StringComparison.Ordinal);
        Assert.Empty(stub.Calls);
    }

    [Fact]
    public async Task Get_ShowsAllOrOne_InWordsOrAsJson()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("GET /settings", ContractsJson.Default.SettingsView, () => Now);
        using var words = new StringWriter();
        using var json = new StringWriter();

        Assert.Equal(0, await SettingsVerbs.RunAsync(stub.System, ["get"], words));
        Assert.Equal(0, await SettingsVerbs.RunAsync(stub.System, ["get", "balancing:strategy", "--json"], json));
        var missing = await Assert.ThrowsAsync<CliException>(() => SettingsVerbs.RunAsync(stub.System, ["get", "Luck"], TextWriter.Null));

        Assert.Equal(
            ["Version 3.", "Balancing:Strategy = weighted", "Forwarding:MaximumAttempts is not set here; files and environment decide, else 3",
                "Thinking:Mode = Off (environment)", "Thinking:Level differs: low (file of one, two); medium (default)", "Models:Default is not set"],
            words.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("weighted", (string?)JsonNode.Parse(json.ToString())!["value"]);
        Assert.Equal(1, missing.ExitCode);
    }

    [Theory]
    [InlineData("set", "Balancing:Strategy")]
    [InlineData("rollback", "first")]
    [InlineData("versions", "1")]
    [InlineData("dance")]
    public async Task Misuse_IsOneSentenceAndTwo(params string[] args)
    {
        await using var stub = await StubSystem.StartAsync();

        var refusal = await Assert.ThrowsAsync<CliException>(() => SettingsVerbs.RunAsync(stub.System, args, TextWriter.Null));

        Assert.Equal(2, refusal.ExitCode);
        Assert.Empty(stub.Calls);
    }
}
