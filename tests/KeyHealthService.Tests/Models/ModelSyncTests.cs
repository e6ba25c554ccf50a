using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.TestKit;
using MassTransit.Testing;
using Xunit;
using static GeminiBalance.KeyHealthService.Tests.Models.ListingUpstream;

namespace GeminiBalance.KeyHealthService.Tests.Models;

[Collection("servers")]
public sealed class ModelSyncTests(ServersFixture servers)
{
    [Fact]
    public async Task Sync_PreviewedThenApplied_MarksWhatWent_AndRemovesOnlyWhatIsNamed()
    {
        await using var upstream = await StartAsync(Model("gemini-2.5-pro"), Model("gemini-2.5-flash"), Model("gemini-embedding-001", 1, "embedContent"));
        await using var service = await ServiceAsync(upstream);
        await service.ImportAsync(TestKeys.Standard(1));

        var preview = await SyncAsync(service, new SyncModels(Preview: true));
        Assert.Empty((await service.GetAsync<ModelsView>("/models")).Models);
        var first = await SyncAsync(service, new SyncModels(Digest: preview.Digest));
        var same = await SyncAsync(service, new SyncModels());
        upstream.Models = [Model("gemini-2.5-flash", 32_768), Model("gemini-3.8-flash"), Model("gemini-embedding-001", 1, "embedContent")];
        using var late = await service.Http.PostAsJsonAsync("/models/sync", new SyncModels(Digest: preview.Digest), TestContext.Current.CancellationToken);
        var second = await SyncAsync(service, new SyncModels());
        var marked = await service.GetAsync<ModelView>("/models/gemini-2.5-pro");
        using var kept = await service.Http.PostAsJsonAsync("/models/sync", new SyncModels(Remove: ["gemini-2.5-flash"]), TestContext.Current.CancellationToken);
        upstream.Models = [.. upstream.Models, Model("gemini-2.5-pro")];
        var third = await SyncAsync(service, new SyncModels());
        upstream.Models = [Model("gemini-2.5-flash", 32_768)];
        var last = await SyncAsync(service, new SyncModels(Remove: ["gemini-2.5-pro"]));
        var view = await service.GetAsync<ModelsView>("/models");

        Assert.Equal((false, true, 3), (preview.Applied, preview.IsComplete, preview.Added.Count));
        Assert.Equal((true, preview.Digest), (first.Applied, first.Digest));
        Assert.Equal((false, 0), (same.Applied, same.Added.Count + same.Changed.Count + same.Gone.Count));
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        Assert.Equal("gemini-3.8-flash", (string?)JsonNode.Parse(await late.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["current"]!["added"]![0]!["name"]);
        Assert.Equal(["gemini-3.8-flash"], second.Added.Select(model => model.Name));
        Assert.Equal([new ModelChange("gemini-2.5-flash", "outputTokenLimit", "65536", "32768")], second.Changed);
        Assert.Equal(["gemini-2.5-pro"], second.Gone);
        Assert.NotNull(marked.GoneSince);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_removal"), (kept.StatusCode, await CodeAsync(kept)));
        Assert.Equal(["gemini-2.5-pro"], third.Returned);
        Assert.Equal(["gemini-2.5-pro"], last.Removed);
        Assert.Equal(["gemini-3.8-flash", "gemini-embedding-001"], last.Gone);
        Assert.Equal(["gemini-2.5-flash", "gemini-3.8-flash", "gemini-embedding-001"], view.Models.Select(model => model.Name));
        Assert.Equal((1, "ada"), (view.Models[0].ServingKeys, view.ChangedBy));

        await Eventually.TrueAsync(async () => await service.ScalarAsync<long>("select count(*) from keys.untold") == 0, TimeSpan.FromSeconds(30), "everything told");
        var told = service.Get<ITestHarness>().Published.Select<ModelChanged>().SelectMany(message => message.Context.Message.Changes).ToArray();
        Assert.Equal(
            ["Models: 3 added.", "Models: 1 added, 1 changed, 1 gone.", "Models: 1 back.", "Models: 2 gone, 1 removed."], told.Select(change => change.Cause));
        Assert.Equal(("model catalogue", "gb.models.synced.v1", "ada"), (told[1].Subject, told[1].Kind, told[1].Actor));
        Assert.Equal(("65536", "32768"), (told[1].Before!["gemini-2.5-flash outputTokenLimit"], told[1].After!["gemini-2.5-flash outputTokenLimit"]));
        Assert.Equal("gemini-2.5-pro", told[3].After!["removed"]);
    }

    [Fact]
    public async Task Sync_AsksEveryTier_AndTakesNothingForGoneWhileOneIsSilent()
    {
        await using var upstream = await StartAsync(Model("gemini-2.5-flash"));
        await using var service = await ServiceAsync(upstream);
        var ids = (await service.ImportAsync(TestKeys.Lines(2))).Lines.Select(line => line.KeyId!.Value).ToArray();
        await service.SendAsync<KeyView>(HttpMethod.Patch, $"/keys/{ids[1]}", new EditKey(null, null, KeyTier.Paid));
        upstream.For(TestKeys.Standard(1), Model("gemini-2.5-flash"), Model("gemini-4-neon"));

        var both = await SyncAsync(service, new SyncModels());
        upstream.Refuse(TestKeys.Standard(1));
        var one = await SyncAsync(service, new SyncModels());
        using var removal = await service.Http.PostAsJsonAsync("/models/sync", new SyncModels(Remove: ["gemini-4-neon"]), TestContext.Current.CancellationToken);

        Assert.Equal(["gemini-2.5-flash", "gemini-4-neon"], both.Added.Select(model => model.Name));
        Assert.Equal((false, false, 0), (one.IsComplete, one.Applied, one.Gone.Count));
        Assert.Equal(HttpStatusCode.BadRequest, removal.StatusCode);
        Assert.Null((await service.GetAsync<ModelView>("/models/gemini-4-neon")).GoneSince);
    }

    [Fact]
    public async Task Sync_ThatCannotBe_SaysWhy_ChangesNothing_AndShowsNoKey()
    {
        await using var upstream = await StartAsync(Model("gemini-2.5-flash"));
        await using var service = await ServiceAsync(upstream);
        using var noKey = await service.Http.PostAsync("/models/sync", null, TestContext.Current.CancellationToken);
        await service.ImportAsync(TestKeys.Lines(2));
        await SyncAsync(service, new SyncModels());
        var problems = new List<string>();
        foreach (var (status, body) in ((int, string)[])[(503, "{}"), (200, "<html>"), (200, "{}"), (200, """{"models":[{"name":"models/\ud800"}]}"""), (302, "")])
        {
            upstream.Instead = (status, body);
            using var answer = await service.Http.PostAsJsonAsync("/models/sync", new SyncModels(), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
            problems.Add(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        using var garbage = await service.Http.PostAsync("/models/sync", new StringContent("{\"remove\":7}", System.Text.Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no_usable_key"), (noKey.StatusCode, await CodeAsync(noKey)));
        Assert.Equal(HttpStatusCode.BadRequest, garbage.StatusCode);
        Assert.Contains("it answered 503", problems[0], StringComparison.Ordinal);
        Assert.All(problems, problem => Assert.DoesNotContain("AIza", problem, StringComparison.Ordinal));
        Assert.DoesNotContain("AIzaSyTest000", service.Log.All, StringComparison.Ordinal);
        Assert.Equal(["gemini-2.5-flash"], (await service.GetAsync<ModelsView>("/models")).Models.Select(model => model.Name));
    }

    private Task<RunningService> ServiceAsync(ListingUpstream upstream) => RunningService.StartAsync(servers, ("Gemini:BaseAddress", upstream.Address));

    private static Task<ModelDiff> SyncAsync(RunningService service, SyncModels ask) => service.SendAsync<ModelDiff>(HttpMethod.Post, "/models/sync", ask);

    private static async Task<string?> CodeAsync(HttpResponseMessage response) =>
        (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["code"];
}
