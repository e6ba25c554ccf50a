using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class ModelVerbsTests
{
    private static readonly UpstreamModel Pro = new("gemini-2.5-pro", "Gemini 2.5 Pro", null, null, 1_048_576, 65_536, ["generateContent"]);
    private static readonly ModelView Served = new("gemini-2.5-pro", true, Pro, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, null, ["gpt-4o"], ["gemini-2.5-flash"], null, 12);
    private static readonly ModelView Off = new("gemini-2.5-flash", false, null, null, null, DateTimeOffset.UnixEpoch, [], [], new ModelProfileOverride("none"), 0);
    private static readonly ModelsView Now = new(3, DateTimeOffset.UnixEpoch, "ada", [Off, Served], [new ModelAlias("gpt-4o", "gemini-2.5-pro"), new ModelAlias("old", "gemini-1.5-pro", false)]);

    [Fact]
    public async Task List_ShowsModelsAndAliases_InWordsOrAsJson()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("GET /models", ContractsJson.Default.ModelsView, () => Now);
        using var words = new StringWriter();
        using var json = new StringWriter();

        Assert.Equal(0, await ModelVerbs.RunAsync(stub.System, ["list"], words));
        Assert.Equal(0, await ModelVerbs.RunAsync(stub.System, ["list", "--json"], json));

        var lines = words.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("2 models; last changed 1970-01-01 00:00:00 UTC by ada.", lines[0]);
        Assert.Matches("^gemini-2.5-flash +off +0 keys .*not listed by the upstream since 1970-01-01; not in the catalogue; own profile$", lines[1]);
        Assert.Matches("^gemini-2.5-pro +served +12 keys +1048576 in +65536 out +else gemini-2.5-flash$", lines[2]);
        Assert.Equal(["gpt-4o -> gemini-2.5-pro", "old -> gemini-1.5-pro  (not in the catalogue)"], lines[3..]);
        Assert.Equal(2, JsonNode.Parse(json.ToString())!["models"]!.AsArray().Count);
    }

    [Fact]
    public async Task Sync_SaysWhatDiffers_AndSendsWhatIsAsked()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("POST /models/sync", body => JsonSerializer.Serialize(
            new ModelDiff("5f1e", !JsonSerializer.Deserialize(body, ContractsJson.Default.SyncModels)!.Preview, false, 12, [Pro], [new ModelChange("gemini-2.5-flash", "outputTokenLimit", "65536", null)], ["gemini-1.5-pro"], [], []),
            ContractsJson.Default.ModelDiff));
        using var preview = new StringWriter();
        using var applied = new StringWriter();

        Assert.Equal(0, await ModelVerbs.RunAsync(stub.System, ["sync", "--preview"], preview));
        Assert.Equal(0, await ModelVerbs.RunAsync(stub.System, ["sync", "--remove", "gemini-1.5-pro,gemini-1.0-pro", "--json"], applied));

        Assert.Equal(
            [
                "The upstream lists 12 models; nothing was changed.",
                "  new: gemini-2.5-pro",
                "  gone (--remove takes them out): gemini-1.5-pro",
                "  gemini-2.5-flash outputTokenLimit: 65536 -> (nothing)",
                "  Not every tier of keys answered, so that nothing is taken for gone.",
            ],
            preview.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.True((bool?)JsonNode.Parse(applied.ToString())!["applied"]);
        Assert.Equal(["gemini-1.5-pro", "gemini-1.0-pro"], JsonSerializer.Deserialize(stub.Calls[^1].Body, ContractsJson.Default.SyncModels)!.Remove);
    }

    [Fact]
    public async Task Changes_GoToTheirPaths()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("PUT /models/aliases/gpt-4o", ContractsJson.Default.ModelAlias, () => Now.Aliases[0]);
        stub.On("DELETE /models/aliases/gpt-4o", _ => "");
        stub.On("GET /models", ContractsJson.Default.ModelsView, () => Now);
        stub.On("POST /models/gemini-2.5-flash/disable", ContractsJson.Default.ModelView, () => Off);
        stub.On("POST /models/gemini-2.5-pro/enable", ContractsJson.Default.ModelView, () => Served);
        stub.On("PUT /models/gemini-2.5-pro/fallbacks", ContractsJson.Default.ModelView, () => Served);
        using var output = new StringWriter();

        foreach (var args in (string[][])[["alias", "gpt-4o", "gemini-2.5-pro"], ["unalias", "gpt-4o"], ["disable", "gemini-2.5-flash"], ["enable", "gemini-2.5-pro"], ["fallbacks", "gemini-2.5-pro", "a, b"], ["fallbacks", "gemini-2.5-pro"]])
        {
            Assert.Equal(0, await ModelVerbs.RunAsync(stub.System, args, output));
        }

        Assert.Equal("gemini-2.5-pro", JsonSerializer.Deserialize(stub.Calls[0].Body, ContractsJson.Default.SetModelAlias)!.Model);
        Assert.Equal(
            [["a", "b"], Array.Empty<string>()],
            stub.Calls.Where(call => call.Route.EndsWith("/fallbacks", StringComparison.Ordinal)).Select(call => JsonSerializer.Deserialize(call.Body, ContractsJson.Default.SetModelFallbacks)!.Models));
        Assert.Equal(
            [
                "gpt-4o leads to gemini-2.5-pro on every replica within two seconds.",
                "gpt-4o leads nowhere any more, on every replica within two seconds.",
                "gemini-2.5-flash is refused as unknown on every replica within two seconds.",
                "gemini-2.5-pro is served on every replica within two seconds.",
                "When gemini-2.5-pro cannot answer: gemini-2.5-flash.",
                "When gemini-2.5-pro cannot answer: gemini-2.5-flash.",
            ],
            output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("alias", "gpt-4o")]
    [InlineData("sync", "now")]
    [InlineData("enable")]
    [InlineData("dance")]
    public async Task Misuse_IsOneSentenceAndTwo(params string[] args)
    {
        await using var stub = await StubSystem.StartAsync();

        var refusal = await Assert.ThrowsAsync<CliException>(() => ModelVerbs.RunAsync(stub.System, args, TextWriter.Null));

        Assert.Equal(2, refusal.ExitCode);
        Assert.Empty(stub.Calls);
    }
}
