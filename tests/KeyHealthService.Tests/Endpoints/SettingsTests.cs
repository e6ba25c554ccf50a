using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Servers;
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

    private static ChangeSettings Change(long version, params (string Name, string? Value)[] values) => new(version, values.ToDictionary(value => value.Name, value => value.Value));

    private static string? ValueOf(SettingsView view, string name) => view.Settings.Single(setting => setting.Name == name).Value;
}
