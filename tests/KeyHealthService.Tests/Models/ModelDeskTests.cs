using System.Net;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.TestKit;
using MassTransit.Testing;
using Xunit;
using static GeminiBalance.KeyHealthService.Tests.Models.ListingUpstream;

namespace GeminiBalance.KeyHealthService.Tests.Models;

[Collection("servers")]
public sealed class ModelDeskTests(ServersFixture servers)
{
    private static readonly (string Method, string Path, string Body, int Status, string Code)[] Refused =
    [
        ("PUT", "/models/aliases/gpt-4o", """{"model":"gemini-9"}""", 400, "unknown_model"),
        ("PUT", "/models/aliases/gpt-4o", """{"model":"gpt-4o"}""", 400, "invalid_setting"),
        ("PUT", "/models/aliases/gpt-4o", """{}""", 400, "invalid_alias"),
        ("PUT", "/models/aliases/gpt:4o", """{"model":"gemini-2.5-pro"}""", 400, "invalid_alias"),
        ("PUT", "/models/aliases/", """{"model":"gemini-2.5-pro"}""", 400, "invalid_alias"),
        ("PUT", "/models/aliases/gpt-4o", """{"model":"gemini-2.5-pro","version":99}""", 409, "conflict"),
        ("PUT", "/models/gemini-2.5-pro/fallbacks", """{"models":["gemini-2.5-pro"]}""", 400, "invalid_setting"),
        ("PUT", "/models/gemini-2.5-pro/fallbacks", """{"models":["gemini-2.5-flash","gemini-2.5-flash"]}""", 400, "invalid_fallbacks"),
        ("PUT", "/models/gemini-2.5-pro/fallbacks", """{"models":[null]}""", 400, "invalid_fallbacks"),
        ("PUT", "/models/gemini-2.5-pro/fallbacks", """{"models":["gemini-9"]}""", 400, "unknown_model"),
        ("PUT", "/models/gemini-2.5-pro/fallbacks", """{}""", 400, "invalid_fallbacks"),
        ("PUT", "/models/gemini-2.5-pro/profile", """{"profile":{"thinking":"hard"}}""", 400, "invalid_setting"),
        ("PUT", "/models/gemini-2.5-pro/profile", """{"profile":{"outputLimit":0}}""", 400, "invalid_setting"),
        ("PUT", "/models/gemini-2.5-pro/profile", """{"profile":{"minimumBudget":9,"maximumBudget":8}}""", 400, "invalid_setting"),
        ("PUT", "/models/gemini-2.5-pro/profile", """{}""", 400, "invalid_profile"),
        ("PUT", "/models/gemini-2.5-pro/profile", """not json""", 400, "invalid_request"),
        ("PUT", "/models/gemini-9/fallbacks", """{"models":[]}""", 404, "model_not_found"),
        ("PUT", "/models/gemini-9/profile", """{"profile":{}}""", 404, "model_not_found"),
        ("POST", "/models/gemini-9/disable", "", 404, "model_not_found"),
        ("POST", "/models/gemini-2.5-pro/disable?version=99", "", 409, "conflict"),
        ("POST", "/models/gemini-2.5-pro/disable?version=x", "", 400, "invalid_version"),
        ("GET", "/models/gemini-9", "", 404, "model_not_found"),
        ("DELETE", "/models/aliases/none", "", 404, "alias_not_found"),
    ];

    [Fact]
    public async Task WhatIsSetForModels_IsShownWithThem_AndPublishedAsSettings()
    {
        await using var upstream = await StartAsync(Model("gemini-2.5-pro"), Model("gemini-2.5-flash"));
        await using var service = await ServiceAsync(upstream);

        var alias = await service.SendAsync<ModelAlias>(HttpMethod.Put, "/models/aliases/openai/GPT-4o", new SetModelAlias("gemini-2.5-flash-search"));
        await service.SendAsync<ModelAlias>(HttpMethod.Put, "/models/aliases/small", new SetModelAlias("gemini-2.5-flash"));
        await service.SendAsync<ModelAlias>(HttpMethod.Put, "/models/aliases/mini", new SetModelAlias("small"));
        var disabled = await service.SendAsync<ModelView>(HttpMethod.Post, "/models/gemini-2.5-flash/disable");
        var chain = await service.SendAsync<ModelView>(HttpMethod.Put, "/models/gemini-2.5-pro/fallbacks", new SetModelFallbacks(["gemini-2.5-flash"]));
        var profile = await service.SendAsync<ModelView>(HttpMethod.Put, "/models/gemini-2.5-pro/profile", new SetModelProfile(new ModelProfileOverride(Thinking: "budget", MaximumBudget: 4096, RefusesTools: true)));
        var view = await service.GetAsync<ModelsView>("/models");
        var published = (await service.GetAsync<PublishedSettings>("/settings/published")).Values;

        Assert.Equal(("openai/gpt-4o", "gemini-2.5-flash-search", true, true), (alias.Name, alias.Model, alias.Known, alias.Served));
        Assert.False(disabled.Enabled);
        Assert.Equal(["gemini-2.5-flash"], chain.Fallbacks);
        Assert.Equal(new ModelProfileOverride(Thinking: "budget", MaximumBudget: 4096, RefusesTools: true), profile.Profile);
        Assert.Equal(["mini", "openai/gpt-4o", "small"], view.Models.Single(model => model.Name == "gemini-2.5-flash").Aliases);
        Assert.Equal([("mini", false), ("openai/gpt-4o", false), ("small", false)], view.Aliases.Select(one => (one.Name, one.Served)));
        Assert.Equal(
            new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["Models:Aliases:mini"] = "small",
                ["Models:Aliases:openai/gpt-4o"] = "gemini-2.5-flash-search",
                ["Models:Aliases:small"] = "gemini-2.5-flash",
                ["Models:Enabled:gemini-2.5-flash"] = "false",
                ["Models:Fallbacks:gemini-2.5-pro"] = "gemini-2.5-flash",
                ["Models:Profiles:gemini-2.5-pro:MaximumBudget"] = "4096",
                ["Models:Profiles:gemini-2.5-pro:RefusesTools"] = "true",
                ["Models:Profiles:gemini-2.5-pro:Thinking"] = "budget",
            },
            new SortedDictionary<string, string>(published.ToDictionary(), StringComparer.Ordinal));

        await service.SendAsync<ModelView>(HttpMethod.Post, "/models/gemini-2.5-flash/enable");
        await service.SendAsync<ModelView>(HttpMethod.Put, "/models/gemini-2.5-pro/fallbacks", new SetModelFallbacks([]));
        await service.SendAsync<ModelView>(HttpMethod.Put, "/models/gemini-2.5-pro/profile", new SetModelProfile(new ModelProfileOverride()));
        using var gone = await service.Http.DeleteAsync("/models/aliases/mini", TestContext.Current.CancellationToken);
        using var again = await service.Http.DeleteAsync("/models/aliases/mini", TestContext.Current.CancellationToken);
        var after = (await service.GetAsync<PublishedSettings>("/settings/published")).Values;

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (gone.StatusCode, again.StatusCode));
        Assert.Equal(new Dictionary<string, string> { ["Models:Aliases:openai/gpt-4o"] = "gemini-2.5-flash-search", ["Models:Aliases:small"] = "gemini-2.5-flash", ["Models:Enabled:gemini-2.5-flash"] = "true" }, after);

        await Eventually.TrueAsync(async () => await service.ScalarAsync<long>("select count(*) from keys.untold") == 0, TimeSpan.FromSeconds(30), "everything told");
        var told = service.Get<ITestHarness>().Published.Select<ModelChanged>().SelectMany(message => message.Context.Message.Changes).ToArray();
        Assert.Contains(told, change => change.Kind == "gb.settings.saved.v1" && change.After?.GetValueOrDefault("Models:Enabled:gemini-2.5-flash") == "false");
        Assert.Empty(service.Get<ITestHarness>().Published.Select<SettingsChanged>());
    }

    [Fact]
    public async Task WhatCannotBe_IsRefusedByName_AndChangesNothing()
    {
        await using var upstream = await StartAsync(Model("gemini-2.5-pro"), Model("gemini-2.5-flash"));
        await using var service = await ServiceAsync(upstream);
        foreach (var (method, path, body, status, code) in Refused)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            request.Content = body.Length == 0 ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");

            using var response = await service.Http.SendAsync(request, TestContext.Current.CancellationToken);

            var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
            Assert.Equal((method, path, body, status, code), (method, path, body, (int)response.StatusCode, (string?)problem["code"]));
        }

        Assert.Equal(0, (await service.GetAsync<PublishedSettings>("/settings/published")).Version);
    }

    [Fact]
    public async Task EmptyCatalogue_TakesEveryName_SoThatAliasesCanBeSetBeforeThereIsAKey()
    {
        await using var service = await RunningService.StartAsync(servers);

        await service.SendAsync<ModelAlias>(HttpMethod.Put, "/models/aliases/gpt-4o", new SetModelAlias("gemini-2.5-pro"));
        await service.SendAsync<ModelView>(HttpMethod.Post, "/models/gemini-2.0-flash/disable");
        var enabled = await service.SendAsync<ModelView>(HttpMethod.Post, "/models/gemini-2.0-flash/enable");

        Assert.True(enabled is { Enabled: true, Upstream: null });
        Assert.True(Assert.Single((await service.GetAsync<ModelsView>("/models")).Aliases).Known);
    }

    private async Task<RunningService> ServiceAsync(ListingUpstream upstream)
    {
        var service = await RunningService.StartAsync(servers, ("Gemini:BaseAddress", upstream.Address));
        await service.ImportAsync(TestKeys.Standard(1));
        await service.SendAsync<ModelDiff>(HttpMethod.Post, "/models/sync", new SyncModels());
        return service;
    }
}
