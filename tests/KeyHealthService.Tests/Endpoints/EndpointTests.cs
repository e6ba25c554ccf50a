using System.Net;
using System.Text;
using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Servers;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Endpoints;

[Collection("servers")]
public sealed class EndpointTests(ServersFixture servers, SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task EveryEndpoint_WithoutAToken_Answers401ExceptHealth()
    {
        await using var service = await RunningService.StartAsync(servers);
        using var stranger = new HttpClient { BaseAddress = service.Http.BaseAddress };
        string[] open = ["/alive", "/health", "/health/dependencies", "/metrics"];

        var routes = service.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToArray();

        Assert.True(routes.Length > 15);
        foreach (var route in routes)
        {
            var path = "/" + route.RoutePattern.RawText!.Trim('/').Replace("{id:guid}", Guid.Empty.ToString(), StringComparison.Ordinal);
            var method = route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET";
            using var answer = await stranger.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), TestContext.Current.CancellationToken);
            Assert.True(open.Contains(path) != (answer.StatusCode == HttpStatusCode.Unauthorized), $"{method} {path}: {answer.StatusCode}");
        }
    }

    [Theory]
    [InlineData("GET", "/keys?status=Great", null, 400, "invalid_status")]
    [InlineData("GET", "/keys?status=3", null, 400, "invalid_status")]
    [InlineData("GET", "/keys?limit=0", null, 400, "invalid_limit")]
    [InlineData("GET", "/keys?limit=ten", null, 400, "invalid_limit")]
    [InlineData("GET", "/keys?after=somewhere", null, 400, "invalid_after")]
    [InlineData("GET", "/keys?q=%00", null, 400, "invalid_q")]
    [InlineData("GET", "/keys/019f1a2b-0000-7000-8000-000000000001", null, 404, "key_not_found")]
    [InlineData("GET", "/keys/019f1a2b-0000-7000-8000-000000000001/timeline", null, 404, "key_not_found")]
    [InlineData("GET", "/keys/not-an-id", null, 404, "not_found")]
    [InlineData("DELETE", "/keys/019f1a2b-0000-7000-8000-000000000001", null, 404, "key_not_found")]
    [InlineData("POST", "/keys/019f1a2b-0000-7000-8000-000000000001/check", null, 404, "key_not_found")]
    [InlineData("PUT", "/keys", null, 405, "method_not_allowed")]
    [InlineData("PATCH", "/keys/019f1a2b-0000-7000-8000-000000000001", "{\"label\":", 400, "invalid_request")]
    [InlineData("PATCH", "/keys/019f1a2b-0000-7000-8000-000000000001", "{\"label\":7}", 400, "invalid_request")]
    [InlineData("POST", "/keys/checks", "[]", 400, "invalid_request")]
    [InlineData("POST", "/keys/checks", "{\"ids\":[\"x\"]}", 400, "invalid_request")]
    [InlineData("POST", "/access-keys", "null", 400, "invalid_request")]
    [InlineData("POST", "/access-keys", "{}", 400, "invalid_name")]
    [InlineData("POST", "/access-keys", "{\"name\":\"  \"}", 400, "invalid_name")]
    [InlineData("POST", "/access-keys", "{\"name\":\"a\",\"expiresAt\":\"2001-01-01T00:00:00Z\"}", 400, "invalid_expires_at")]
    [InlineData("POST", "/access-keys", "{\"name\":\"a\",\"limits\":{\"requestsPerMinute\":0}}", 400, "invalid_limits")]
    [InlineData("POST", "/access-keys", "{\"name\":\"a\",\"limits\":{\"costPerDay\":-1}}", 400, "invalid_limits")]
    [InlineData("POST", "/access-keys", "{\"name\":\"a\",\"models\":[\"a b\"]}", 400, "invalid_models")]
    [InlineData("POST", "/access-keys", "{\"name\":\"a\",\"addresses\":[\"10.0.0.0/33\"]}", 400, "invalid_addresses")]
    [InlineData("PUT", "/access-keys/019f1a2b-0000-7000-8000-000000000001", "{\"version\":1,\"name\":\"a\"}", 404, "access_key_not_found")]
    [InlineData("POST", "/access-keys/019f1a2b-0000-7000-8000-000000000001/rotate", "{\"overlapSeconds\":-1}", 400, "invalid_overlap_seconds")]
    [InlineData("POST", "/access-keys/019f1a2b-0000-7000-8000-000000000001/rotate", "{}", 404, "access_key_not_found")]
    [InlineData("POST", "/access-keys/019f1a2b-0000-7000-8000-000000000001/disable", null, 404, "access_key_not_found")]
    [InlineData("POST", "/keys/imports", "{\"keys\":[]}", 415, "unsupported_media_type")]
    public async Task BadInput_OfEveryKind_IsAProblemWithACode(string method, string path, string? body, int status, string code)
    {
        var service = shared.Running;
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");

        using var answer = await service.Http.SendAsync(request, TestContext.Current.CancellationToken);

        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)answer.StatusCode, $"{answer.StatusCode} {text}");
        Assert.Equal(code, JsonDocument.Parse(text).RootElement.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Import_TooLarge_IsRefused()
    {
        var service = shared.Running;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/keys/imports");
        request.Content = new StringContent(new string('#', (16 << 20) + 1), Encoding.UTF8, "text/plain");
        request.Headers.ExpectContinue = true;

        using var answer = await service.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task List_PagedFilteredAndSearched_FindsEveryKeyOnce()
    {
        await using var service = await RunningService.StartAsync(servers);
        var lines = Enumerable.Range(0, 25).Select(i => $"{TestKeys.Standard(i)},{(i < 3 ? "50%_off" : $"label {i}")},{(i % 2 == 0 ? "alpha" : "beta")}");
        await service.ImportAsync(string.Join('\n', lines));

        var seen = new List<KeyView>();
        string? next = null;
        do
        {
            var page = await service.GetAsync<KeyPage>($"/keys?limit=10{(next is null ? "" : $"&after={next}")}");
            Assert.Equal(25, page.Total);
            seen.AddRange(page.Items);
            next = page.Next;
        }
        while (next is not null);

        Assert.Equal(25, seen.Select(key => key.Id).Distinct().Count());
        Assert.Equal(seen.OrderByDescending(key => key.Id.ToString()).Select(key => key.Id), seen.Select(key => key.Id));
        Assert.Equal(3, (await service.GetAsync<KeyPage>("/keys?q=" + Uri.EscapeDataString("50%_OFF"))).Total);
        Assert.Equal(0, (await service.GetAsync<KeyPage>("/keys?q=" + Uri.EscapeDataString("5%f"))).Total);
        Assert.Equal(13, (await service.GetAsync<KeyPage>("/keys?q=alpha")).Total);
        Assert.Equal(TestKeys.Standard(7)[^4..], Assert.Single((await service.GetAsync<KeyPage>("/keys?q=0007")).Items).Mask[^4..]);
        await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{seen[0].Id}/disable");
        Assert.Equal(seen[0].Id, Assert.Single((await service.GetAsync<KeyPage>("/keys?status=disabled,invalid")).Items).Id);
    }

    [Fact]
    public async Task Imports_OfTheSameKeysAtOnce_AddEachOnce()
    {
        await using var service = await RunningService.StartAsync(servers);
        var text = TestKeys.Lines(300);
        var reversed = string.Join('\n', text.Split('\n').Reverse());

        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => service.ImportAsync(i % 2 == 0 ? text : reversed)));

        Assert.Equal(300, results.Sum(result => result.Added));
        Assert.Equal(900, results.Sum(result => result.Duplicates));
        Assert.Equal(300, (await service.GetAsync<KeySummary>("/keys/summary")).Total);
        Assert.Single(results.SelectMany(result => result.Lines).Where(line => line.Line == 1 || line.Line == 300).Where(line => line.Mask!.EndsWith("0299", StringComparison.Ordinal)).Select(line => line.KeyId).Distinct());
    }

    [Fact]
    public async Task Edits_OfOneKeyAtOnce_AllHappenOrSayConflict()
    {
        await using var service = await RunningService.StartAsync(servers);
        var id = (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value;

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            using var content = new StringContent($"{{\"label\":\"label {i}\"}}", Encoding.UTF8, "application/json");
            using var answer = await service.Http.PatchAsync(new Uri($"/keys/{id}", UriKind.Relative), content);
            return answer.StatusCode;
        }));

        Assert.All(answers, status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Conflict, status.ToString()));
        var happened = answers.Count(status => status == HttpStatusCode.OK);
        Assert.Equal(1 + happened, (await service.GetAsync<KeyView>($"/keys/{id}")).Version);
    }

    [Fact]
    public async Task AccessKey_FromCreationToRemoval_IsShownOnceAndNeverStored()
    {
        await using var service = await RunningService.StartAsync(servers);

        var created = await service.SendAsync<CreatedAccessKey>(HttpMethod.Post, "/access-keys", new CreateAccessKey(" team ", null));
        var disabled = await service.SendAsync<AccessKeyView>(HttpMethod.Post, $"/access-keys/{created.AccessKey.Id}/disable");
        var listed = Assert.Single(await service.GetAsync<AccessKeyView[]>("/access-keys"));

        Assert.Equal(("team", created.Key[..10], false), (listed.Name, listed.Prefix, disabled.Enabled));
        Assert.Equal(0, await service.ScalarAsync<long>($"select count(*) from keys.mt_events where data::text like '%{created.Key}%'"));
        using var gone = await service.Http.DeleteAsync(new Uri($"/access-keys/{created.AccessKey.Id}", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        Assert.Empty(await service.GetAsync<AccessKeyView[]>("/access-keys"));
    }

    [Fact]
    public async Task RemovedKey_LosesItsSecretAndKeepsItsHistory()
    {
        await using var service = await RunningService.StartAsync(servers);
        var id = (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value;

        using var gone = await service.Http.DeleteAsync(new Uri($"/keys/{id}", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        Assert.Equal(0, await service.ScalarAsync<long>("select (select count(*) from keys.secrets) + (select count(*) from keys.probes)"));
        var timeline = await service.GetAsync<TimelineEntry[]>($"/keys/{id}/timeline");
        Assert.Equal([("gb.key.removed.v1", "ada"), ("gb.key.added.v1", "ada")], timeline.Select(entry => (entry.Event, entry.Actor)));
        Assert.Equal(ImportOutcome.Added, (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].Outcome);
    }
}

/// <summary>One service for all the tests that change nothing.</summary>
public sealed class SharedService(ServersFixture servers) : IAsyncLifetime
{
    internal RunningService Running { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Running = await RunningService.StartAsync(servers);

    public ValueTask DisposeAsync() => Running.DisposeAsync();
}
