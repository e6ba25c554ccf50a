using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.AdminUi.Clients;
using GeminiBalance.AdminUi.Tests.Support;
using GeminiBalance.Contracts;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace GeminiBalance.AdminUi.Tests.AdminApi;

/// <summary>The admin API over the fake services.</summary>
public sealed class AdminApiTests(HostFixture fixture)
{
    private const string Token = "admin-api-token-of-tests-0123456789abcdef";

    [Fact]
    public async Task Session_SignsInReadsAndChanges_OnlyWithTheToken()
    {
        using var browser = fixture.Shared.Browser();
        using var refused = await browser.PostAsJsonAsync("/admin/api/v1/login", new { name = "admin", password = "wrong" }, TestContext.Current.CancellationToken);
        using var signedIn = await browser.PostAsJsonAsync("/admin/api/v1/login", new { name = "admin", password = AdminHost.Password }, TestContext.Current.CancellationToken);
        var session = JsonNode.Parse(await browser.GetStringAsync("/admin/api/v1/session", TestContext.Current.CancellationToken))!;
        using var forged = await browser.PostAsJsonAsync("/admin/api/v1/access-keys", new CreateAccessKey("forged", null), TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/v1/access-keys") { Content = JsonContent.Create(new CreateAccessKey("by api", null)), Headers = { { "X-CSRF-TOKEN", (string?)session["csrfToken"] } } };
        using var created = await browser.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.NoContent), (refused.StatusCode, signedIn.StatusCode));
        Assert.Equal("invalid_credentials", await CodeAsync(refused));
        Assert.Equal("admin", (string?)session["user"]);
        Assert.Equal((HttpStatusCode.BadRequest, "antiforgery"), (forged.StatusCode, await CodeAsync(forged)));
        Assert.DoesNotContain(fixture.Services.AccessKeys, key => key.Name == "forged");
        Assert.Equal(HttpStatusCode.OK, created.StatusCode);
        Assert.Equal("no-store", created.Headers.CacheControl?.ToString());
        Assert.Equal(Samples.NewAccessKey, (string?)JsonNode.Parse(await created.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["key"]);
        Assert.Contains(("admin", "POST /access-keys"), fixture.Services.Acts);
        fixture.Services.AccessKeys.RemoveAll(key => key.Name == "by api");
    }

    [Fact]
    public async Task Token_ReachesBothServices_WithQueryAndStatusAsTheyAre()
    {
        await using var host = await fixture.NewHostAsync(("AdminApi:Token", Token));
        using var program = host.Browser();
        program.DefaultRequestHeaders.Authorization = new("Bearer", Token);

        var keys = JsonNode.Parse(await program.GetStringAsync("/admin/api/v1/keys?status=Forbidden&limit=5", TestContext.Current.CancellationToken))!;
        var audit = JsonNode.Parse(await program.GetStringAsync("/admin/api/v1/audit?area=Settings", TestContext.Current.CancellationToken))!;
        using var missing = await program.GetAsync($"/admin/api/v1/access-keys/{Guid.Empty}", TestContext.Current.CancellationToken);
        using var nothing = await program.GetAsync("/admin/api/v1/internal/password", TestContext.Current.CancellationToken);
        using var imported = await program.PostAsync("/admin/api/v1/keys/imports", new StringContent("short", Encoding.UTF8, "text/plain"), TestContext.Current.CancellationToken);

        Assert.Equal(1, (int?)keys["total"]);
        Assert.Single(audit["entries"]!.AsArray());
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (missing.StatusCode, nothing.StatusCode));
        Assert.Equal(1, (int?)JsonNode.Parse(await imported.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["rejected"]);
        Assert.Contains(("api-token", "POST /keys/imports"), fixture.Services.Acts);
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains(Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Settings_AreReadAndChangedInTheOperatorsName_AndAConflictArrivesWithBothValues()
    {
        await using var host = await fixture.NewHostAsync(("AdminApi:Token", Token));
        using var program = host.Browser();
        program.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        var before = await program.GetFromJsonAsync<SettingsView>("/admin/api/v1/settings", TestContext.Current.CancellationToken);

        using var changed = await program.PutAsJsonAsync("/admin/api/v1/settings", Strategy("round_robin"), TestContext.Current.CancellationToken);
        using var stale = await program.PutAsJsonAsync("/admin/api/v1/settings", Strategy("adaptive"), TestContext.Current.CancellationToken);
        var one = await program.GetFromJsonAsync<SettingView>("/admin/api/v1/settings/Balancing:Strategy", TestContext.Current.CancellationToken);
        using var missing = await program.GetAsync("/admin/api/v1/settings/Balancing:Luck", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal("round_robin", one!.Value);
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.NotFound), (stale.StatusCode, missing.StatusCode));
        var conflict = JsonNode.Parse(await stale.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal("conflict", (string?)conflict["code"]);
        Assert.Equal(("round_robin", "adaptive"), ((string?)conflict["current"]![0]!["before"], (string?)conflict["current"]![0]!["after"]));
        Assert.Contains(("api-token", "PUT /settings"), fixture.Services.Acts);

        ChangeSettings Strategy(string value) => new(before!.Version, new Dictionary<string, string?> { ["Balancing:Strategy"] = value });
    }

    [Fact]
    public async Task Jobs_OfBothServices_AreOneList_AndRunWhereTheyBelong()
    {
        await using var services = await FakeServices.StartAsync();
        services.KeyHealthJobs = new FakeJobs(new JobStatus("quota-roll", false, null, null, null, null));
        services.StatsJobs = new FakeJobs(new JobStatus("retention", false, null, null, null, null));
        await using var host = new AdminHost(await fixture.NewDatabaseAsync(), services);
        host.Settings["AdminApi:Token"] = Token;
        using var program = host.Browser();
        program.DefaultRequestHeaders.Authorization = new("Bearer", Token);

        var list = JsonNode.Parse(await program.GetStringAsync("/admin/api/v1/jobs", TestContext.Current.CancellationToken))!;
        using var begun = await program.PostAsync("/admin/api/v1/jobs/retention/runs", null, TestContext.Current.CancellationToken);
        using var again = await program.PostAsync("/admin/api/v1/jobs/retention/runs", null, TestContext.Current.CancellationToken);
        using var nobody = await program.PostAsync("/admin/api/v1/jobs/nobody/runs", null, TestContext.Current.CancellationToken);
        services.StatsDown = true;
        var half = JsonNode.Parse(await program.GetStringAsync("/admin/api/v1/jobs", TestContext.Current.CancellationToken))!;
        using var away = await program.GetAsync("/admin/api/v1/jobs/retention", TestContext.Current.CancellationToken);

        Assert.Equal([("quota-roll", "keyhealth"), ("retention", "stats")], list["jobs"]!.AsArray().Select(job => ((string?)job!["name"], (string?)job["service"])));
        Assert.Empty(list["away"]!.AsArray());
        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Conflict, HttpStatusCode.NotFound, HttpStatusCode.BadGateway), (begun.StatusCode, again.StatusCode, nobody.StatusCode, away.StatusCode));
        Assert.Equal((true, "api-token"), ((bool?)JsonNode.Parse(await begun.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["running"], services.StatsJobs.All[0].By));
        Assert.Equal(("job_running", "job_not_found", "service_away"), (await CodeAsync(again), await CodeAsync(nobody), await CodeAsync(away)));
        Assert.Equal((1, "stats"), (half["jobs"]!.AsArray().Count, (string?)half["away"]![0]));
    }

    [Theory]
    [InlineData("GET", "/admin/api/v1/jobs", null)]
    [InlineData("POST", "/admin/api/v1/jobs/cleanup/runs", null)]
    [InlineData("GET", "/admin/api/v1/keys", null)]
    [InlineData("PUT", "/admin/api/v1/settings", null)]
    [InlineData("GET", "/admin/api/v1/session", "Bearer wrong-wrong-wrong-wrong-wrong-wrong-wrong")]
    [InlineData("POST", "/admin/api/v1/keys/cleanup", "Bearer " + AdminHost.ServiceToken)]
    public async Task Stranger_IsRefused_WithoutBeingSentToAPage(string method, string path, string? authorization)
    {
        using var stranger = fixture.Shared.Browser();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var response = await stranger.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.Unauthorized, "application/problem+json", "unauthenticated"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType, await CodeAsync(response)));
    }

    [Fact]
    public async Task Call_ThatGoesWrongInside_AnswersAProblem_AndNoPage()
    {
        await using var host = await fixture.NewHostAsync(("AdminApi:Token", Token));
        await using var broken = host.WithWebHostBuilder(builder => builder.ConfigureTestServices(services => services.AddTransient<JobBoard>(_ => throw new InvalidOperationException("Broken on purpose."))));
        using var program = broken.CreateClient();
        program.DefaultRequestHeaders.Authorization = new("Bearer", Token);

        using var response = await program.GetAsync("/admin/api/v1/jobs", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.InternalServerError, "application/problem+json", "internal_error"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType, await CodeAsync(response)));
    }

    [Theory]
    [InlineData("{", "application/json", 400, "invalid_login")]
    [InlineData("{\"name\":\"admin\"}", "application/json", 400, "invalid_login")]
    [InlineData("name=admin&password=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type")]
    public async Task Login_ThatCannotBeRead_SaysWhy(string body, string type, int status, string code)
    {
        using var browser = fixture.Shared.Browser();
        using var response = await browser.PostAsync("/admin/api/v1/login", new StringContent(body, Encoding.UTF8, type), TestContext.Current.CancellationToken);

        Assert.Equal((status, code), ((int)response.StatusCode, await CodeAsync(response)));
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response) => (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["code"];
}
