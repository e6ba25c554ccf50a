using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.ServiceDefaults.Security;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Endpoints;

[Collection("servers")]
public sealed class SettingsTests(ServersFixture servers)
{
    [Fact]
    public async Task Settings_Changed_HaveVersionsADiffAndAWayBack()
    {
        await using var service = await RunningService.StartAsync(servers);
        var nothing = await service.GetAsync<PublishedSettings>("/settings/published");

        var first = await service.SendAsync<SettingsView>(HttpMethod.Put, "/settings", Change(0, ("Balancing:Strategy", "weighted"), ("Thinking:Mode", "Off")));
        var second = await service.SendAsync<SettingsView>(HttpMethod.Put, "/settings", Change(1, ("Balancing:Strategy", "round_robin"), ("Thinking:Mode", null), ("Models:Aliases:gpt-4o", "gemini-2.5-pro")));
        var published = await service.GetAsync<PublishedSettings>("/settings/published");
        using var known = await service.Http.GetAsync($"/settings/published?known={published.Revision}", TestContext.Current.CancellationToken);
        var diff = await service.GetAsync<SettingChange[]>("/settings/versions/1/diff");
        var back = await service.SendAsync<SettingsView>(HttpMethod.Post, "/settings/rollback", new RollbackSettings(1));
        var versions = await service.GetAsync<SettingsVersion[]>("/settings/versions");

        Assert.Equal((Guid.Empty, 0, 0), (nothing.Revision, nothing.Version, nothing.Values.Count));
        Assert.Equal((1, "weighted"), (first.Version, ValueOf(first, "Balancing:Strategy")));
        Assert.Equal((2, "gemini-2.5-pro"), (second.Version, ValueOf(second, "Models:Aliases:gpt-4o")));
        Assert.Equal(new Dictionary<string, string> { ["Balancing:Strategy"] = "round_robin", ["Models:Aliases:gpt-4o"] = "gemini-2.5-pro" }, published.Values);
        Assert.Equal(HttpStatusCode.NoContent, known.StatusCode);
        Assert.Equal(
            [new("Balancing:Strategy", "weighted", "round_robin"), new("Models:Aliases:gpt-4o", null, "gemini-2.5-pro"), new SettingChange("Thinking:Mode", "Off", null)],
            diff);
        Assert.Equal((3, "weighted", "Off"), (back.Version, ValueOf(back, "Balancing:Strategy"), ValueOf(back, "Thinking:Mode")));
        Assert.DoesNotContain(back.Settings, setting => setting.Name.StartsWith("Models:Aliases:", StringComparison.Ordinal));
        Assert.Equal([(3, "ada", 1L), (2, "ada", null), (1, "ada", null)], versions.Select(version => (version.Version, version.By, version.RolledBackTo)));
    }

    [Fact]
    public async Task Change_ThatIsRefusedOrLate_ChangesNothing()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.SendAsync<SettingsView>(HttpMethod.Put, "/settings", Change(0, ("Forwarding:MaximumAttempts", "2")));

        using var wrong = await service.Http.PutAsJsonAsync("/settings", Change(1, ("Balancing:Strategy", "weighted"), ("Forwarding:MaximumAttempts", "99")), TestContext.Current.CancellationToken);
        using var late = await service.Http.PutAsJsonAsync("/settings", Change(0, ("Forwarding:MaximumAttempts", "4")), TestContext.Current.CancellationToken);
        using var empty = await service.Http.PutAsJsonAsync("/settings", new ChangeSettings(1, null!), TestContext.Current.CancellationToken);
        using var unknown = await service.Http.GetAsync("/settings/Encryption:Key", TestContext.Current.CancellationToken);
        using var never = await service.Http.PostAsJsonAsync("/settings/rollback", new RollbackSettings(7), TestContext.Current.CancellationToken);

        var problem = JsonNode.Parse(await wrong.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_setting", "Forwarding:MaximumAttempts must be a whole number from 1 to 10."), (wrong.StatusCode, (string?)problem["code"], (string?)problem["detail"]));
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        var both = Assert.Single(JsonNode.Parse(await late.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["current"]!.AsArray())!;
        Assert.Equal(("2", "4"), ((string?)both["before"], (string?)both["after"]));
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.NotFound), (empty.StatusCode, unknown.StatusCode, never.StatusCode));
        var now = await service.GetAsync<PublishedSettings>("/settings/published");
        Assert.Equal((1, "2", 1), (now.Version, now.Values["Forwarding:MaximumAttempts"], now.Values.Count));
    }

    [Fact]
    public async Task Rollback_OfAnOldVersion_ChangesNothingAndShowsBothValues()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.SendAsync<SettingsView>(HttpMethod.Put, "/settings", Change(0, ("Forwarding:MaximumAttempts", "2"), ("Upstream:Proxies", "http://ada:secret-word@one:8080")));
        await service.SendAsync<SettingsView>(HttpMethod.Put, "/settings", Change(1, ("Forwarding:MaximumAttempts", "4")));
        await service.SendAsync<SettingsView>(HttpMethod.Put, "/settings", Change(2, ("Thinking:Mode", "Off"), ("Upstream:Proxies", null)));

        using var late = await service.Http.PostAsJsonAsync("/settings/rollback", new RollbackSettings(1, 2), TestContext.Current.CancellationToken);
        var now = await service.GetAsync<PublishedSettings>("/settings/published");
        var back = await service.SendAsync<SettingsView>(HttpMethod.Post, "/settings/rollback", new RollbackSettings(1, 3));

        var problem = JsonNode.Parse(await late.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal((HttpStatusCode.Conflict, "conflict", 3L), (late.StatusCode, (string?)problem["code"], (long)problem["version"]!));
        Assert.Equal(
            [("Forwarding:MaximumAttempts", "4", "2"), ("Thinking:Mode", "Off", null), ("Upstream:Proxies", null, "http://ada:***@one:8080")],
            problem["current"]!.AsArray().Select(both => ((string)both!["name"]!, (string?)both["before"], (string?)both["after"])));
        Assert.Equal((3, "4"), (now.Version, now.Values["Forwarding:MaximumAttempts"]));
        Assert.Equal((4, "2", null), (back.Version, ValueOf(back, "Forwarding:MaximumAttempts"), ValueOf(back, "Thinking:Mode")));
    }

    [Fact]
    public async Task Change_ThatHoldsWithWhatLiesBeneathOnEveryProxy_IsMade_AndOneThatDoesNotIsRefused()
    {
        await using var service = await RunningService.StartAsync(servers);
        await TellAsync(service, new SettingsReport("proxy", "one", 0, null, [new("Models:Default", "gemini-2.5-pro", "environment"), new("Models:Profiles:gemini-9:MaximumBudget", "1000", "file")]));

        var set = await service.SendAsync<SettingsView>(HttpMethod.Put, "/settings", Change(0, ("Models:Unknown", "UseDefault")));
        using var refused = await service.Http.PutAsJsonAsync("/settings", Change(1, ("Models:Profiles:gemini-9:MinimumBudget", "2000")), TestContext.Current.CancellationToken);

        Assert.Equal("UseDefault", ValueOf(set, "Models:Unknown"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("on replica one", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_ShowWhatIsInForce_WhereItComesFrom_AndWhatLiesBeneath()
    {
        await using var service = await RunningService.StartAsync(servers);
        var alone = await service.GetAsync<SettingsView>("/settings");
        await TellAsync(service, new SettingsReport("proxy", "one", 0, null, [new("Balancing:Strategy", "weighted", "environment"), new("Balancing:Strategy", "least_used", "file"), new("Models:Aliases:gpt-4o", "gemini-2.5-pro", "file")]));
        await TellAsync(service, new SettingsReport("proxy", "two", 0, "it does not hold", [new("Balancing:Strategy", "least_used", "file"), new("Models:Aliases:gpt-4o", "gemini-2.5-pro", "file"), new("Thinking:Mode", "Off", "command_line")]));
        await TellAsync(service, new SettingsReport("another", "three", 0, null, []));

        var differing = await service.GetAsync<SettingsView>("/settings");
        await TellAsync(service, new SettingsReport("proxy", "two", 0, null, differing.Settings.Where(setting => setting.Name.StartsWith("Models", StringComparison.Ordinal) && setting.Source == "file").Select(setting => new SettingBeneath(setting.Name, setting.Effective!, "file")).Prepend(new("Balancing:Strategy", "weighted", "environment")).ToArray()));
        var agreeing = await service.GetAsync<SettingsView>("/settings");
        var set = await service.SendAsync<SettingsView>(HttpMethod.Put, "/settings", Change(0, ("Balancing:Strategy", "round_robin")));
        var one = await service.GetAsync<SettingView>("/settings/balancing:strategy");
        using var unsound = await service.Http.PostAsJsonAsync("/settings/replicas", new SettingsReport("", "x", 0, null, []), TestContext.Current.CancellationToken);

        // Nobody has told: nobody can say.
        Assert.Equal((null, null), InForce(alone, "Balancing:Strategy"));
        Assert.Equal((null, null), InForce(differing, "Balancing:Strategy"));
        Assert.Equal(("gemini-2.5-pro", "file"), InForce(differing, "Models:Aliases:gpt-4o"));
        Assert.Equal((null, null), InForce(differing, "Thinking:Mode"));
        Assert.Equal(("3", "default"), InForce(differing, "Forwarding:MaximumAttempts"));
        Assert.Equal(
            [("environment", "weighted", "one"), ("file", "least_used", null), ("default", "adaptive", null)],
            Layers(differing.Settings.Single(setting => setting.Name == "Balancing:Strategy")));
        Assert.Equal([("another", "three", null), ("proxy", "one", null), ("proxy", "two", "it does not hold")], differing.Replicas!.Where(replica => replica.Service != "keyhealth").Select(replica => (replica.Service, replica.Name, replica.Refusal)));
        Assert.Equal(("weighted", "environment"), InForce(agreeing, "Balancing:Strategy"));
        Assert.Equal(("round_robin", "ui"), InForce(set, "Balancing:Strategy"));
        Assert.Equal([("ui", "round_robin", null), ("environment", "weighted", null), ("file", "least_used", "one"), ("default", "adaptive", null)], Layers(one));
        Assert.Equal(HttpStatusCode.BadRequest, unsound.StatusCode);
    }

    [Fact]
    public async Task Passwords_OfProxies_AreEncrypted_MaskedWhenRead_AndKeptWhenSentBackMasked()
    {
        await using var service = await RunningService.StartAsync(servers);
        var encryption = service.Get<SecretEncryption>();

        var first = await service.SendAsync<SettingsView>(HttpMethod.Put, "/settings", Change(0, ("Upstream:Proxies", "http://ada:secret-word@one:8080,socks5://two:1080")));
        var second = await service.SendAsync<SettingsView>(HttpMethod.Put, "/settings", Change(1, ("Upstream:Proxies", "http://ada:***@one:8080, socks5://two:1080, https://bob:other-word@three:443")));
        var published = await service.GetAsync<PublishedSettings>("/settings/published");
        var same = await service.SendAsync<SettingsView>(HttpMethod.Put, "/settings", Change(2, ("Upstream:Proxies", ValueOf(second, "Upstream:Proxies"))));
        using var unknown = await service.Http.PutAsJsonAsync("/settings", Change(2, ("Upstream:Proxies", "http://eve:***@one:8080")), TestContext.Current.CancellationToken);
        using var wrong = await service.Http.PutAsJsonAsync("/settings", Change(2, ("Upstream:Proxies", "http://eve:secret-word@one:8080/path")), TestContext.Current.CancellationToken);
        using var late = await service.Http.PutAsJsonAsync("/settings", Change(1, ("Upstream:Proxies", "http://eve:secret-word@one:8080")), TestContext.Current.CancellationToken);
        using var forged = await service.Http.PutAsJsonAsync("/settings", Change(2, ("Upstream:Proxies", $"http://eve:x@one:8080 #{published.Secrets!["Upstream:Proxies"].Id:N}")), TestContext.Current.CancellationToken);
        var back = await service.SendAsync<SettingsView>(HttpMethod.Post, "/settings/rollback", new RollbackSettings(1));
        var then = await service.GetAsync<PublishedSettings>("/settings/published");

        Assert.Equal(("http://ada:***@one:8080, socks5://two:1080", true), (ValueOf(first, "Upstream:Proxies"), first.Settings.Single(setting => setting.Name == "Upstream:Proxies").Secret));
        Assert.Equal("http://ada:***@one:8080, socks5://two:1080, https://bob:***@three", ValueOf(second, "Upstream:Proxies"));
        Assert.Equal("http://ada:secret-word@one:8080, socks5://two:1080, https://bob:other-word@three", Reveal(published));
        Assert.Equal(2, same.Version);
        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.Conflict, HttpStatusCode.BadRequest], new[] { unknown, wrong, late, forged }.Select(response => response.StatusCode));
        Assert.Equal((3, "http://ada:secret-word@one:8080, socks5://two:1080"), (back.Version, Reveal(then)));
        Assert.Empty(then.Values);

        string[] said =
        [
            service.Log.All,
            await service.Http.GetStringAsync("/settings", TestContext.Current.CancellationToken),
            await service.Http.GetStringAsync("/settings/versions", TestContext.Current.CancellationToken),
            await service.Http.GetStringAsync("/settings/versions/0/diff", TestContext.Current.CancellationToken),
            await service.Http.GetStringAsync("/settings/published", TestContext.Current.CancellationToken),
            await unknown.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            await wrong.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            await late.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            await service.ScalarAsync<string>("select string_agg(data::text, ' ') from keys.mt_events"),
            await service.ScalarAsync<string>("select string_agg(data::text, ' ') from keys.mt_doc_gateway_settings"),
            await service.ScalarAsync<string>("select string_agg(data, ' ') from keys.setting_secrets"),
        ];
        Assert.All(said, text => Assert.DoesNotContain("-word", text, StringComparison.Ordinal));
        Assert.DoesNotContain(" #", said[1] + said[2] + said[3], StringComparison.Ordinal);

        string Reveal(PublishedSettings settings)
        {
            var secret = settings.Secrets!["Upstream:Proxies"];
            return encryption.Decrypt(secret.Id, SecretPurposes.Setting, secret.Secret).Reveal();
        }
    }

    private static async Task TellAsync(RunningService service, SettingsReport report)
    {
        using var response = await service.Http.PostAsJsonAsync("/settings/replicas", report, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    private static (string? Effective, string? Source) InForce(SettingsView view, string name) =>
        view.Settings.Where(setting => setting.Name == name).Select(setting => (setting.Effective, setting.Source)).Single();

    private static IEnumerable<(string Source, string? Value, string? Replicas)> Layers(SettingView setting) =>
        setting.Layers!.Select(layer => (layer.Source, layer.Value, layer.Replicas is null ? null : string.Join(',', layer.Replicas)));

    private static ChangeSettings Change(long version, params (string Name, string? Value)[] values) => new(version, values.ToDictionary(value => value.Name, value => value.Value));

    private static string? ValueOf(SettingsView view, string name) => view.Settings.Single(setting => setting.Name == name).Value;
}
