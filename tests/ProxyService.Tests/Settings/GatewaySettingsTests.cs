using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Endpoints;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.KeyPool.Balancing;
using GeminiBalance.ProxyService.Media;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ProxyService.Upstream;
using GeminiBalance.ServiceDefaults.Egress;
using GeminiBalance.ServiceDefaults.Settings;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Settings;

/// <summary>Settings made for all replicas take effect on the next request, and only when they hold.</summary>
public sealed class GatewaySettingsTests(ITestOutputHelper output)
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";

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

        using var response = await SettingStage.ChatAsync(gateway, "gemini-2.5-flash");
        Assert.True(gateway.Settings.TryTake(Values(""), 3));
        using var unset = await SettingStage.ChatAsync(gateway, "gemini-2.5-flash");

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
            var times = new List<double>();
            foreach (var attempts in (int[])[3, 4, 5, 6, 7])
            {
                var clock = Stopwatch.GetTimestamp();
                Volatile.Write(ref now, new PublishedSettings(Guid.CreateVersion7(), attempts, Values($"Forwarding:MaximumAttempts={attempts}")));
                await AllAsync(attempts);
                times.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
            }

            // There is no Redis in these tests: replicas ask the control plane.
            times.Sort();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A change held on 3 replicas after {times[0]:0} to {times[^1]:0} ms, {times[2]:0} ms in the middle."));
            Assert.True(times[2] < 2000, string.Join(", ", times));
            await Eventually.TrueAsync(() => Task.FromResult(File.Exists(Path.Combine(folder, "0.settings"))), TimeSpan.FromSeconds(60), "the copy on disk");

            await Eventually.TrueAsync(() => Task.FromResult(told.Count(report => report.Version == 7) >= 3), TimeSpan.FromSeconds(60), "every replica tells that it has taken it over");
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
        Same(new StreamingOptions(), "Streaming");
        Same(new GeminiOptions(), "Gemini");
        Same(new UpstreamOptions(), "Upstream");
        Same(new RemoteMediaOptions(), "RemoteMedia");
        Same(new PrivacyOptions(), "Privacy");
        Same(new CorsOptions(), "Cors");
        Same(new AdmissionOptions(), "Admission");

        void Same<T>(T options, string section)
        {
            var expected = JsonSerializer.Serialize(options);
            configuration.GetSection(section).Bind(options);
            Assert.Equal(expected, JsonSerializer.Serialize(options));
        }
    }

    private static Dictionary<string, string> Values(string settings) => SettingStage.Values(settings);
}
