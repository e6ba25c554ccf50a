using GeminiBalance.Contracts;
using GeminiBalance.GeminiSimulator.Keys;
using GeminiBalance.GeminiSimulator.Scripts;
using GeminiBalance.KeyHealthService.Probing;
using GeminiBalance.KeyHealthService.Tests.Models;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Probing;

[Collection("servers")]
public sealed class ProberTests(ServersFixture servers)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public void Probe_NeverUsesAProxyOfTheEnvironment_AsTheGatewaysCallsDoNot()
    {
        using var direct = GeminiProbe.Open(null);
        using var proxied = GeminiProbe.Open(new System.Net.WebProxy("http://127.0.0.1:1"));

        Assert.False(direct.UseProxy);
        Assert.True(proxied.UseProxy);
    }

    [Fact]
    public async Task NewKeys_AfterAnImport_AreCheckedAtOnceAndNoLogHoldsAny()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        await using var service = await StartAsync(simulator);
        await simulator.Control.PutKeyAsync(new SimulatedKey(TestKeys.Standard(1), "good", "alpha", null));
        await simulator.Control.PutKeyAsync(new SimulatedKey(TestKeys.Standard(2), "suspended", "beta", "suspended"));

        await service.ImportAsync($"{TestKeys.Standard(1)}\n{TestKeys.Standard(2)}\n{TestKeys.Standard(3)}");

        await Eventually.TrueAsync(
            async () => !(await service.GetAsync<KeySummary>("/keys/summary")).ByStatus.ContainsKey(KeyStatus.New), Soon, "every key checked");
        var keys = (await service.GetAsync<KeyPage>("/keys")).Items;
        Assert.Equal(
            [(KeyStatus.Invalid, "api_key_invalid"), (KeyStatus.Forbidden, "suspended"), (KeyStatus.Healthy, null)],
            keys.OrderByDescending(key => key.Mask).Select(key => (key.Status, key.Reason)));
        Assert.All(keys, key => Assert.NotNull(key.LastCheckedAt));
        Assert.All(keys.Where(key => key.Status != KeyStatus.Healthy), key => Assert.True(key.NextCheckAt > key.LastCheckedAt!.Value.AddHours(5)));
        Assert.Null(keys.Single(key => key.Status == KeyStatus.Healthy).NextCheckAt);
        Assert.DoesNotContain("AIzaSyTest000", service.Log.All, StringComparison.Ordinal);
        Assert.Equal(0, await service.ScalarAsync<long>("select count(*) from keys.mt_events where data::text like '%AIzaSyTest000%' or mt_dotnet_type not like 'gb.%'"));
    }

    [Fact]
    public async Task Check_OfAKeyThatWorksAgain_MakesItHealthy()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        await using var service = await StartAsync(simulator);
        var id = (await service.ImportAsync(TestKeys.Standard(7))).Lines[0].KeyId!.Value;
        await Eventually.TrueAsync(async () => (await service.GetAsync<KeyView>($"/keys/{id}")).Status == KeyStatus.Invalid, Soon, "the key found invalid");

        await simulator.Control.PutKeyAsync(new SimulatedKey(TestKeys.Standard(7), "mended", "alpha", null));
        var view = await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{id}/check");

        Assert.Equal((KeyStatus.Healthy, null), (view.Status, view.Reason));
    }

    [Fact]
    public async Task Check_ThatFindsNoBilling_StopsTheKeyForAnHourAndKeepsAnAppointment()
    {
        await using var upstream = await ListingUpstream.StartAsync(ListingUpstream.Model("gemini-2.5-flash"));
        await using var service = await RunningService.StartAsync(servers, ("Gemini:BaseAddress", upstream.Address));
        var id = (await service.ImportAsync(TestKeys.Standard(9))).Lines[0].KeyId!.Value;
        upstream.Instead = (403, """{"error":{"code":403,"message":"This API method requires billing to be enabled.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"BILLING_DISABLED"}]}}""");

        var empty = await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{id}/check");
        upstream.Instead = null;
        var listed = await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{id}/check");

        Assert.Equal((KeyStatus.Forbidden, "billing"), (empty.Status, empty.Reason));
        Assert.Equal(empty.LastCheckedAt!.Value.AddHours(1), empty.Until!.Value, TimeSpan.FromSeconds(1));
        Assert.Equal((KeyStatus.Forbidden, empty.Until), (listed.Status, listed.Until));
        Assert.NotNull(listed.NextCheckAt);
    }

    [Fact]
    public async Task Upstream_ThatIsAway_BlamesNoKey()
    {
        await using var service = await RunningService.StartAsync(servers, ("Probing:Enabled", "true"));
        var id = (await service.ImportAsync(TestKeys.Standard(8))).Lines[0].KeyId!.Value;

        var view = await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{id}/check");

        Assert.Equal((KeyStatus.New, null), (view.Status, view.LastCheckedAt));
        Assert.NotNull(view.NextCheckAt);
    }

    [Fact]
    public async Task TwoReplicas_ProbeEveryNewKeyOnce_AndNoneAgainAfterARestart()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        Dictionary<string, string?> settings;
        await using (var one = await StartAsync(simulator))
        {
            settings = one.Settings;
            await using var other = await RunningService.StartAsync(settings);
            foreach (var n in Enumerable.Range(0, 60))
            {
                await simulator.Control.PutKeyAsync(new SimulatedKey(TestKeys.Standard(n), $"key {n}", "alpha", null));
            }

            await one.ImportAsync(TestKeys.Lines(59));
            await HealthyAsync(other, 59);
        }

        await using var next = await RunningService.StartAsync(settings);
        await next.ImportAsync(TestKeys.Standard(59));
        await HealthyAsync(next, 60);

        var probed = (await simulator.Control.LedgerAsync()).Where(call => call.Method == "list").Select(call => call.Key).ToArray();
        Assert.Equal(Enumerable.Range(0, 60).Select(TestKeys.Standard), probed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task TooManyRequests_AnsweredToAProbe_SaysNothingAboutTheKey()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        await using var service = await StartAsync(simulator);
        await simulator.Control.PutKeyAsync(new SimulatedKey(TestKeys.Standard(4), "busy", "alpha", null));
        await simulator.Control.ScriptAsync(new Script("quota-bare", Method: "list"));
        var id = (await service.ImportAsync(TestKeys.Standard(4))).Lines[0].KeyId!.Value;

        var unknown = await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{id}/check");
        Assert.Equal((KeyStatus.New, null), (unknown.Status, unknown.Reason));
        Assert.NotNull(unknown.LastCheckedAt);

        await simulator.Control.ClearScriptsAsync();
        Assert.Equal(KeyStatus.Healthy, (await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{id}/check")).Status);
        await simulator.Control.ScriptAsync(new Script("quota-bare", Method: "list"));
        Assert.Equal(KeyStatus.Healthy, (await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{id}/check")).Status);
    }

    private static Task HealthyAsync(RunningService service, int count) => Eventually.TrueAsync(
        async () => (await service.GetAsync<KeySummary>("/keys/summary")).ByStatus.GetValueOrDefault(KeyStatus.Healthy) == count, Long, $"{count} healthy keys");

    private Task<RunningService> StartAsync(GeminiSimulatorHost simulator) =>
        RunningService.StartAsync(servers, ("Gemini:BaseAddress", simulator.Address.ToString()), ("Probing:Enabled", "true"));
}
