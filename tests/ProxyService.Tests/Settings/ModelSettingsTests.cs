using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Settings;

/// <summary>What the model catalogue sets takes effect on the wire.</summary>
public sealed class ModelSettingsTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string Chat = """{"contents":[{"role":"user","parts":[{"text":"q"}]}]}""";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";
    private const string List = """{"models":[{"name":"models/gemini-2.5-flash"},{"name":"models/gemini-2.5-pro"},{"name":"models/gemini-embedding-001"}]}""";
    private const string Function = """
        "tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object","properties":{"at":{"type":"string"}}}}}]
        """;
    private const string Called = """
        [{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{\"at\":\"x\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"y"}]
        """;
    private static readonly CancellationToken Cancelled = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-pro","messages":[{"role":"user","content":"q"}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"models/Gemini-2.5-Pro","stream":true,"messages":[{"role":"user","content":"q"}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-pro-search","messages":[{"role":"user","content":"q"}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"clever","messages":[{"role":"user","content":"q"}]}""")]
    [InlineData("/v1/embeddings", """{"model":"gemini-embedding-001","input":"q"}""")]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-pro","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://127.0.0.1/no.png"}}]}]}""")]
    [InlineData("/v1beta/models/gemini-2.5-pro:generateContent", Chat)]
    [InlineData("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", Chat)]
    [InlineData("/v1beta/models/gemini-2.5-pro:countTokens", Chat)]
    public async Task DisabledModel_ByWhateverApi_IsUnknown_AndTheUpstreamNeverHearsOfIt(string path, string body)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("Models:Aliases:clever", "gemini-2.5-pro"), ("Models:Fallbacks:gemini-2.5-pro", "gemini-2.5-flash"));
        Assert.True(gateway.Settings.TryTake(Values("Models:Enabled:gemini-2.5-pro=false;Models:Enabled:gemini-embedding-001=false"), 1));

        using var response = await PostAsync(gateway, path, body);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancelled))!["error"]!;
        Assert.Equal(path.StartsWith("/v1beta", StringComparison.Ordinal) ? "NOT_FOUND" : "model_not_found", (string?)(error["status"] ?? error["code"]));
        Assert.Empty(upstream.Seen);
        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((RequestOutcome.ClientError, 404, "model_not_found"), (fact.Outcome, fact.Status, fact.ErrorCode));
    }

    [Fact]
    public async Task DisabledModel_IsNotListed_NorItsAliases_UntilItIsEnabledAgain()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, List));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("Models:Aliases:clever", "gemini-2.5-pro"), ("Models:Aliases:fast", "gemini-2.5-flash"));

        Assert.True(gateway.Settings.TryTake(Values("Models:Enabled:gemini-2.5-pro=false"), 1));
        var openAi = await NamesAsync(gateway, "/v1/models", "data", "id");
        var native = await NamesAsync(gateway, "/v1beta/models", "models", "name");
        using var one = await gateway.Client.GetAsync("/v1/models/gemini-2.5-pro", Cancelled);
        using var alias = await gateway.Client.GetAsync("/v1/models/clever", Cancelled);
        Assert.True(gateway.Settings.TryTake(Values(""), 2));
        var again = await NamesAsync(gateway, "/v1/models", "data", "id");

        Assert.Equal(["gemini-2.5-flash", "gemini-embedding-001", "fast"], openAi);
        Assert.Equal(["models/gemini-2.5-flash", "models/gemini-embedding-001"], native);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (one.StatusCode, alias.StatusCode));
        Assert.Equal(["gemini-2.5-flash", "gemini-2.5-pro", "gemini-embedding-001", "clever", "fast"], again);
    }

    [Fact]
    public async Task FallbackChain_TakenOver_SkipsWhatIsNotServed()
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) => seen.Url.Contains("gemini-2.5-pro", StringComparison.Ordinal)
            ? StubUpstream.JsonAsync(context, 404, """{"error":{"code":404,"message":"models/gemini-2.5-pro is not found","status":"NOT_FOUND"}}""")
            : StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        Assert.True(gateway.Settings.TryTake(Values("Models:Fallbacks:gemini-2.5-pro=gemini-2.5-flash,gemini-2.5-flash-lite;Models:Enabled:gemini-2.5-flash=false"), 1));
        using var response = await ChatAsync(gateway, "gemini-2.5-pro");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            ["/v1beta/models/gemini-2.5-pro:generateContent", "/v1beta/models/gemini-2.5-flash-lite:generateContent"], upstream.Seen.Select(seen => seen.Url).Distinct());
    }

    [Theory]
    [InlineData("Thinking=none", "\"reasoning_effort\":\"high\"", "thinkingConfig", false)]
    [InlineData("Thinking=level", "\"reasoning_effort\":\"high\"", "\"thinkingLevel\":\"HIGH\"", true)]
    [InlineData("Thinking=level;Levels=XHIGH", "\"reasoning_effort\":\"xhigh\"", "\"thinkingLevel\":\"XHIGH\"", true)]
    [InlineData("MaximumBudget=2000", "\"extra_body\":{\"google\":{\"thinking_config\":{\"thinking_budget\":9000}}}", "\"thinkingBudget\":2000", true)]
    [InlineData("Thinking=budget;MaximumBudget=100", "\"extra_body\":{\"google\":{\"thinking_config\":{\"thinking_budget\":9000}}}", "\"thinkingBudget\":100", true)]
    [InlineData("MaximumBudget=4096", "\"reasoning_effort\":\"high\"", "\"thinkingBudget\":4096", true)]
    [InlineData("MinimumBudget=3000", "\"reasoning_effort\":\"minimal\"", "\"thinkingBudget\":3000", true)]
    [InlineData("CanBeOff=false;MinimumBudget=130", "\"reasoning_effort\":\"none\"", "\"thinkingBudget\":130", true)]
    [InlineData("IgnoresSampling=true", "\"temperature\":0.5", "temperature", false)]
    [InlineData("RefusesPenalties=false", "\"presence_penalty\":0.5", "\"presencePenalty\":0.5", true)]
    [InlineData("RefusesSystemInstruction=true", "\"x\":1", "systemInstruction", false)]
    [InlineData("RefusesModelTurnLast=true", "\"x\":1", "\"role\":\"user\",\"parts\":[{\"text\":\"Continue", true)]
    [InlineData("OutputLimit=500", "\"max_tokens\":900", "\"maxOutputTokens\":500", true)]
    public async Task Profile_TakenOver_ChangesWhatIsSentForItsFamily(string profile, string field, string sent, bool isSent)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        var body = $$"""{"model":"gemini-2.5-flash","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}],{{field}}}""";

        using var before = await PostAsync(gateway, "/v1/chat/completions", body);
        Assert.True(gateway.Settings.TryTake(Values(string.Join(';', profile.Split(';').Select(setting => "Models:Profiles:gemini-2.5-fl:" + setting))), 1));
        using var elsewhere = await PostAsync(gateway, "/v1/chat/completions", body);
        Assert.True(gateway.Settings.TryTake(Values(string.Join(';', profile.Split(';').Select(setting => "Models:Profiles:gemini-2.5-flash:" + setting))), 2));
        using var after = await PostAsync(gateway, "/v1/chat/completions", body);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK), (before.StatusCode, elsewhere.StatusCode, after.StatusCode));
        Assert.Equal([!isSent, !isSent, isSent], upstream.Seen.Select(seen => seen.Body.Contains(sent, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("RefusesTools=true", "[{\"role\":\"user\",\"content\":\"q\"}]", Function, HttpStatusCode.BadRequest, null)]
    [InlineData("MostCandidates=1", "[{\"role\":\"user\",\"content\":\"q\"}]", "\"n\":2", HttpStatusCode.BadRequest, null)]
    [InlineData("EnforcesSignatures=true", Called, Function, HttpStatusCode.OK, "\"thoughtSignature\"")]
    [InlineData("MixesTools=true", "[{\"role\":\"user\",\"content\":\"q\"}]", Function + ",\"web_search_options\":{}", HttpStatusCode.OK, "\"googleSearch\"")]
    public async Task Profile_TakenOver_ChangesWhatItsFamilyCanDo(string profile, string messages, string field, HttpStatusCode status, string? sent)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        var body = $$"""{"model":"gemini-2.5-flash","messages":{{messages}},{{field}}}""";

        using var before = await PostAsync(gateway, "/v1/chat/completions", body);
        Assert.True(gateway.Settings.TryTake(Values("Models:Profiles:gemini-2.5-flash:" + profile), 1));
        using var after = await PostAsync(gateway, "/v1/chat/completions", body);

        Assert.Equal(status, after.StatusCode);
        if (sent is null)
        {
            Assert.Equal((HttpStatusCode.OK, 1), (before.StatusCode, upstream.Seen.Count));
        }
        else
        {
            Assert.Contains(sent, upstream.Seen.Last().Body, StringComparison.Ordinal);
            Assert.DoesNotContain(upstream.Seen.SkipLast(1), seen => seen.Body.Contains(sent, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Catalogue_OfTheControlPlane_HoldsOnTwoReplicas()
    {
        var now = new PublishedSettings(Guid.CreateVersion7(), 1, Values("Models:Aliases:gpt-4o=gemini-2.5-flash-lite;Models:Enabled:gemini-2.5-flash=false"));
        await using var control = await StubUpstream.StartAsync((context, seen) =>
        {
            var known = Volatile.Read(ref now);
            return seen.Url.EndsWith(known.Revision.ToString(), StringComparison.Ordinal)
                ? Task.FromResult(context.Response.StatusCode = 204)
                : StubUpstream.JsonAsync(context, 200, JsonSerializer.Serialize(known, ContractsJson.Default.PublishedSettings));
        });
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var first = await GatewayHost.StartAsync(upstream.Address, [Key], ("services:keyhealth:http:0", control.Address.ToString()));
        await using var second = await GatewayHost.StartAsync(upstream.Address, [Key], ("services:keyhealth:http:0", control.Address.ToString()));
        using var firstKeeper = await first.FollowSettingsAsync();
        using var secondKeeper = await second.FollowSettingsAsync();
        try
        {
            await BothAsync("gemini-2.5-flash", HttpStatusCode.NotFound);
            await BothAsync("gpt-4o", HttpStatusCode.OK);
            Assert.All(upstream.Seen.TakeLast(2), seen => Assert.Contains("/gemini-2.5-flash-lite:", seen.Url, StringComparison.Ordinal));

            Volatile.Write(ref now, new PublishedSettings(Guid.CreateVersion7(), 2, Values("Models:Enabled:gemini-2.5-flash-lite=false")));
            await BothAsync("gemini-2.5-flash", HttpStatusCode.OK);
            await BothAsync("gemini-2.5-flash-lite", HttpStatusCode.NotFound);
        }
        finally
        {
            await firstKeeper.StopAsync(CancellationToken.None);
            await secondKeeper.StopAsync(CancellationToken.None);
        }

        async Task BothAsync(string model, HttpStatusCode status)
        {
            foreach (var gateway in (GatewayHost[])[first, second])
            {
                await Eventually.TrueAsync(
                    async () =>
                    {
                        using var response = await ChatAsync(gateway, model);
                        return response.StatusCode == status;
                    },
                    TimeSpan.FromSeconds(60),
                    $"{status} for {model}");
            }
        }
    }

    private static Dictionary<string, string> Values(string settings) =>
        settings.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(setting => setting.Split('=', 2)).ToDictionary(setting => setting[0], setting => setting[1]);

    private static Task<HttpResponseMessage> ChatAsync(GatewayHost gateway, string model) =>
        PostAsync(gateway, "/v1/chat/completions", $$"""{"model":"{{model}}","messages":[{"role":"user","content":"q"}]}""");

    private static Task<HttpResponseMessage> PostAsync(GatewayHost gateway, string path, string body) =>
        gateway.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Cancelled);

    private static async Task<string?[]> NamesAsync(GatewayHost gateway, string path, string list, string name) =>
        [.. JsonNode.Parse(await gateway.Client.GetStringAsync(path, Cancelled))![list]!.AsArray().Select(model => (string?)model![name])];
}
