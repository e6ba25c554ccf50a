using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.KeyPool.Balancing;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ServiceDefaults.Settings;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Settings;

/// <summary>Settings made for all replicas take effect on the next request, and only when they hold.</summary>
public sealed class GatewaySettingsTests(ITestOutputHelper output)
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string OtherKey = "AQ.upstream-key-number-two-0000";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";

    [Theory]
    [InlineData("Thinking:Mode=Budget;Thinking:Budget=1024", "gemini-2.5-flash", "\"thinkingBudget\":1024")]
    [InlineData("Thinking:Mode=Level;Thinking:Level=low", "gemini-3-pro-preview", "\"thinkingLevel\":\"LOW\"")]
    [InlineData("Thinking:Models:gemini-2.5:Mode=Off", "gemini-2.5-flash", "\"thinkingBudget\":0")]
    [InlineData("Thinking:IncludeThoughts=true", "gemini-2.5-flash", "\"includeThoughts\":true")]
    [InlineData("Models:Aliases:gpt-4o=gemini-2.5-flash-lite", "gpt-4o", "/v1beta/models/gemini-2.5-flash-lite:generateContent")]
    [InlineData("Models:Unknown=UseDefault;Models:Default=gemini-2.5-pro", "gpt-9", "/v1beta/models/gemini-2.5-pro:generateContent")]
    [InlineData("PromptInjection:System=be brief", "gemini-2.5-flash", "be brief")]
    [InlineData("PromptInjection:UserPrefix=first of all ", "gemini-2.5-flash", "first of all ")]
    [InlineData("PromptInjection:UserSuffix= last of all", "gemini-2.5-flash", " last of all")]
    [InlineData("Safety:Threshold=BLOCK_ONLY_HIGH", "gemini-2.5-flash", "\"BLOCK_ONLY_HIGH\"")]
    public async Task Setting_TakenOver_IsSeenByTheUpstream_AndGoneWhenUnset(string settings, string model, string sent)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var before = await ChatAsync(gateway, model);
        Assert.True(gateway.Settings.TryTake(Values(settings), 1));
        using var during = await ChatAsync(gateway, model);
        Assert.True(gateway.Settings.TryTake(Values(""), 2));
        using var after = await ChatAsync(gateway, model);

        Assert.Equal([false, true, false], upstream.Seen.Select(seen => (seen.Url + seen.Body).Contains(sent, StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.OK, during.StatusCode);
    }

    [Fact]
    public async Task Strategy_TakenOver_ChoosesTheNextKey()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, OtherKey], ("Balancing:Strategy", "least_used"));

        Assert.True(gateway.Settings.TryTake(Values("Balancing:Strategy=round_robin"), 1));
        for (var i = 0; i < 6; i++)
        {
            using var response = await ChatAsync(gateway, "gemini-2.5-flash");
        }

        Assert.Equal([3, 3], upstream.Seen.GroupBy(seen => seen.Headers["x-goog-api-key"]).Select(key => key.Count()));
        Assert.Equal("round_robin", gateway.OptionsNow<BalancingOptions>().Strategy);
    }

    [Fact]
    public async Task Attempts_TakenOver_BoundTheCallsOfARequest()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 500, """{"error":{"code":500,"message":"no","status":"INTERNAL"}}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, OtherKey]);

        Assert.True(gateway.Settings.TryTake(Values("Forwarding:MaximumAttempts=1"), 1));
        using var response = await ChatAsync(gateway, "gemini-2.5-flash");

        Assert.False(response.IsSuccessStatusCode);
        Assert.Single(upstream.Seen);
    }

    [Fact]
    public async Task Settings_ThatDoNotHold_AreRefusedWhole_AndTheLastGoodOnesStay()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("PromptInjection:System", "from the file"));
        Assert.True(gateway.Settings.TryTake(Values("PromptInjection:System=be brief;Unheard:Of=1"), 1));

        foreach (var bad in (string[])["Forwarding:MaximumAttempts=99", "Forwarding:MaximumAttempts=many", "Balancing:Strategy=luck", "Models:Unknown=UseDefault"])
        {
            Assert.False(gateway.Settings.TryTake(Values("PromptInjection:System=other;" + bad), 2));
        }

        using var response = await ChatAsync(gateway, "gemini-2.5-flash");
        Assert.True(gateway.Settings.TryTake(Values(""), 3));
        using var unset = await ChatAsync(gateway, "gemini-2.5-flash");

        Assert.Equal([true, false], upstream.Seen.Select(seen => seen.Body.Contains("be brief", StringComparison.Ordinal)));
        Assert.Contains("from the file", upstream.Seen.Last().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_ReachesEveryReplica_AndHoldsWhileTheControlPlaneIsAway_AlsoForOneThatStartsThen()
    {
        var now = new PublishedSettings(Guid.CreateVersion7(), 1, Values("Forwarding:MaximumAttempts=2"));
        var away = false;
        var answers = 0;
        var told = new ConcurrentQueue<SettingsReport>();
        var folder = Directory.CreateTempSubdirectory("settings-copy-").FullName;
        await using var control = await StubUpstream.StartAsync(async (context, seen) =>
        {
            Interlocked.Increment(ref answers);
            var known = Volatile.Read(ref now);
            if (seen is { Method: "POST", Url: "/settings/replicas" })
            {
                told.Enqueue(JsonSerializer.Deserialize(seen.Body, ContractsJson.Default.SettingsReport)!);
                context.Response.StatusCode = 204;
            }
            else if (Volatile.Read(ref away) || !seen.Url.StartsWith("/settings/published?known=", StringComparison.Ordinal))
            {
                context.Response.StatusCode = 503;
            }
            else if (seen.Url.EndsWith(known.Revision.ToString(), StringComparison.Ordinal))
            {
                context.Response.StatusCode = 204;
            }
            else
            {
                await StubUpstream.JsonAsync(context, 200, JsonSerializer.Serialize(known, ContractsJson.Default.PublishedSettings));
            }
        });
        var replicas = new List<GatewayHost>();
        var keepers = new List<GatewaySettingsKeeper>();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                await StartAsync(i);
            }

            await AllAsync(2);
            var clock = Stopwatch.StartNew();
            Volatile.Write(ref now, new PublishedSettings(Guid.CreateVersion7(), 2, Values("Forwarding:MaximumAttempts=7")));
            await AllAsync(7);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A change held on 3 replicas after {clock.ElapsedMilliseconds} ms."));
            await Eventually.TrueAsync(() => Task.FromResult(File.Exists(Path.Combine(folder, "0.settings"))), TimeSpan.FromSeconds(60), "the copy on disk");

            await Eventually.TrueAsync(() => Task.FromResult(told.Count(report => report.Version == 2) >= 3), TimeSpan.FromSeconds(60), "every replica tells that it has taken it over");
            Assert.All(told, report => Assert.Contains(new SettingBeneath("Balancing:Strategy", "round_robin", "host"), report.Beneath));

            Volatile.Write(ref away, true);
            var asked = Volatile.Read(ref answers);
            await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref answers) > asked + 3), TimeSpan.FromSeconds(60), "questions while it is away");
            Assert.All(replicas, replica => Assert.Equal(7, replica.OptionsNow<ForwardingOptions>().MaximumAttempts));

            var last = await StartAsync(0);
            Assert.Equal(7, last.OptionsNow<ForwardingOptions>().MaximumAttempts);
            Assert.DoesNotContain("MaximumAttempts", await File.ReadAllTextAsync(Path.Combine(folder, "0.settings"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        finally
        {
            foreach (var keeper in keepers)
            {
                await keeper.StopAsync(CancellationToken.None);
                keeper.Dispose();
            }

            foreach (var replica in replicas)
            {
                await replica.DisposeAsync();
            }

            Directory.Delete(folder, recursive: true);
        }

        async Task<GatewayHost> StartAsync(int copy)
        {
            var replica = await GatewayHost.StartAsync(
                new Uri("http://127.0.0.1:1"), [Key], ("services:keyhealth:http:0", control.Address.ToString()), ("Pool:DiskCopy", Path.Combine(folder, copy.ToString(CultureInfo.InvariantCulture))));
            replicas.Add(replica);
            keepers.Add(await replica.FollowSettingsAsync());
            return replica;
        }

        Task AllAsync(int attempts) => Eventually.TrueAsync(
            () => Task.FromResult(replicas.All(replica => replica.OptionsNow<ForwardingOptions>().MaximumAttempts == attempts)), TimeSpan.FromSeconds(60), $"{attempts} attempts on every replica");
    }

    [Fact]
    public void Catalogue_DefaultsAreThoseOfTheOptions()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(SettingCatalogue.All
            .Where(definition => definition is { Default: not null, IsOpen: false })
            .Select(definition => KeyValuePair.Create(definition.Name, definition.Default))).Build();

        Same(new BalancingOptions(), "Balancing");
        Same(new AdaptiveOptions(), "Balancing:Adaptive");
        Same(new ForwardingOptions(), "Forwarding");
        Same(new ModelsOptions(), "Models");
        Same(new ThinkingOptions(), "Thinking");
        Same(new PromptInjectionOptions(), "PromptInjection");
        Same(new SafetyOptions(), "Safety");

        void Same<T>(T options, string section)
        {
            var expected = JsonSerializer.Serialize(options);
            configuration.GetSection(section).Bind(options);
            Assert.Equal(expected, JsonSerializer.Serialize(options));
        }
    }

    private static Dictionary<string, string> Values(string settings) =>
        settings.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(setting => setting.Split('=', 2)).ToDictionary(setting => setting[0], setting => setting[1]);

    private static Task<HttpResponseMessage> ChatAsync(GatewayHost gateway, string model) => gateway.Client.PostAsync(
        "/v1/chat/completions",
        new StringContent($$"""{"model":"{{model}}","messages":[{"role":"user","content":"q"}]}""", Encoding.UTF8, "application/json"),
        TestContext.Current.CancellationToken);
}
