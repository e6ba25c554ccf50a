using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.TestKit;
using Npgsql;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Endpoints;

[Collection("servers")]
public sealed class AccessKeyTests(ServersFixture servers)
{
    [Fact]
    public async Task Edit_OfAnotherVersion_SaysConflictAndShowsWhatIsThere()
    {
        await using var service = await RunningService.StartAsync(servers);
        var created = await service.SendAsync<CreatedAccessKey>(HttpMethod.Post, "/access-keys", new CreateAccessKey("team", null, Owner: "ada", Models: ["gemini-2.5-*"]));

        var edited = await service.SendAsync<AccessKeyView>(HttpMethod.Put, $"/access-keys/{created.AccessKey.Id}", new EditAccessKey(created.AccessKey.Version, "team two", Addresses: ["10.0.0.0/8"]));
        using var late = await service.Http.PutAsJsonAsync($"/access-keys/{created.AccessKey.Id}", new EditAccessKey(created.AccessKey.Version, "team three"), TestContext.Current.CancellationToken);

        Assert.Equal("ada", created.AccessKey.Owner);
        Assert.Equal(["gemini-2.5-*"], created.AccessKey.Models);
        Assert.Equal(("team two", null), (edited.Name, edited.Models));
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        var problem = JsonNode.Parse(await late.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(("conflict", "team two"), ((string?)problem["code"], (string?)problem["current"]!["name"]));
        var pooled = Assert.Single((await service.GetAsync<PoolSnapshot>("/snapshot")).AccessKeys);
        Assert.Equal(["10.0.0.0/8"], pooled.Addresses);
    }

    [Fact]
    public async Task Limits_ReachTheProxies_AndThoseOutOfRangeAreRefusedByName()
    {
        await using var service = await RunningService.StartAsync(servers);

        foreach (var (limits, name) in ((AccessKeyLimits, string)[])
            [(new(RequestsPerMinute: 0), "requestsPerMinute"), (new(TokensPerMonth: -1), "tokensPerMonth"), (new(CostPerDay: 0), "costPerDay"), (new(Concurrency: 100_001), "concurrency")])
        {
            using var refused = await service.Http.PostAsJsonAsync("/access-keys", new CreateAccessKey("team", null, Limits: limits), TestContext.Current.CancellationToken);
            var text = await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode.BadRequest, true), (refused.StatusCode, text.Contains("invalid_limits", StringComparison.Ordinal) && text.Contains(name, StringComparison.Ordinal)));
        }

        var wanted = new AccessKeyLimits(60, 100_000, 1000, 1_000_000, 20_000_000, 5, 100, 8);
        var created = await service.SendAsync<CreatedAccessKey>(HttpMethod.Post, "/access-keys", new CreateAccessKey("team", null, Limits: wanted));

        Assert.Equal(wanted, created.AccessKey.Limits);
        Assert.Equal(wanted, Assert.Single((await service.GetAsync<PoolSnapshot>("/snapshot")).AccessKeys).Limits);
    }

    [Fact]
    public async Task Page_OfMany_IsReadInPagesAndNarrowedBySearch()
    {
        await using var service = await RunningService.StartAsync(servers);
        foreach (var (name, owner) in ((string, string)[])[("alpha_1", "ada"), ("alphaX1", "bob"), ("beta", "ada")])
        {
            await service.SendAsync<CreatedAccessKey>(HttpMethod.Post, "/access-keys", new CreateAccessKey(name, null, Owner: owner, Tags: ["team-" + owner]));
        }

        var first = await service.GetAsync<AccessKeyPage>("/access-keys/page?limit=2");
        var second = await service.GetAsync<AccessKeyPage>($"/access-keys/page?limit=2&after={first.Next}");
        var literal = await service.GetAsync<AccessKeyPage>("/access-keys/page?q=alpha_1");
        var tagged = await service.GetAsync<AccessKeyPage>("/access-keys/page?q=TEAM-ada");

        Assert.Equal(["beta", "alphaX1"], first.Items.Select(key => key.Name));
        Assert.Equal("alpha_1", Assert.Single(second.Items).Name);
        Assert.Equal((3, 3, null), (first.Total, second.Total, second.Next));
        Assert.Equal("alpha_1", Assert.Single(literal.Items).Name);
        Assert.Equal(2, tagged.Total);
        foreach (var query in (string[])["limit=0", "limit=201", "after=x"])
        {
            using var refused = await service.Http.GetAsync($"/access-keys/page?{query}", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
    }

    [Fact]
    public async Task Rotate_ThenRevoke_OldHashIsPublishedUntilThen()
    {
        await using var service = await RunningService.StartAsync(servers);
        var created = await service.SendAsync<CreatedAccessKey>(HttpMethod.Post, "/access-keys", new CreateAccessKey("team", null));
        var path = $"/access-keys/{created.AccessKey.Id}";

        var rotated = await service.SendAsync<CreatedAccessKey>(HttpMethod.Post, path + "/rotate", new RotateAccessKey(3600));
        var pooled = Assert.Single((await service.GetAsync<PoolSnapshot>("/snapshot")).AccessKeys);
        await service.SendAsync<AccessKeyView>(HttpMethod.Post, path + "/revoke");
        var enabled = await service.SendAsync<AccessKeyView>(HttpMethod.Post, path + "/enable");
        using var again = await service.Http.PostAsJsonAsync(path + "/rotate", new RotateAccessKey(), TestContext.Current.CancellationToken);

        Assert.Equal((AccessKeyFormat.Hash(rotated.Key), AccessKeyFormat.Hash(created.Key)), (pooled.Hash, pooled.OldHash));
        Assert.NotNull(pooled.OldHashUntil);
        Assert.False(enabled.Enabled);
        Assert.NotNull(enabled.RevokedAt);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        var revoked = Assert.Single((await service.GetAsync<PoolSnapshot>("/snapshot")).AccessKeys);
        Assert.Equal((false, null), (revoked.Enabled, revoked.OldHash));
    }

    [Fact]
    public async Task Import_OfTheSameExportTwice_AddsEveryTokenOnceAndStoresNone()
    {
        await using var service = await RunningService.StartAsync(servers);
        const string Export = """ALLOWED_TOKENS=["sk-old-token-of-a-client","short"]""";

        var first = await ImportAsync(service, Export);
        var second = await ImportAsync(service, Export);

        Assert.Equal((1, 0, 1), (first.Added, first.Known, first.Rejected.Count));
        Assert.Equal((0, 1), (second.Added, second.Known));
        Assert.Equal(AccessKeyFormat.Hash("sk-old-token-of-a-client"), Assert.Single((await service.GetAsync<PoolSnapshot>("/snapshot")).AccessKeys).Hash);
        Assert.Equal(0, await service.ScalarAsync<long>("select count(*) from keys.mt_events where data::text like '%sk-old-token%'"));
    }

    [Fact]
    public async Task Import_OfATokenThatWasRotatedRevokedOrRemoved_BringsNoneBack()
    {
        await using var service = await RunningService.StartAsync(servers);
        const string Export = "sk-token-that-leaked\nsk-token-revoked\nsk-token-removed";
        await ImportAsync(service, Export);
        var keys = (await service.GetAsync<PoolSnapshot>("/snapshot")).AccessKeys.ToDictionary(key => key.Hash, key => key.Id);
        await service.SendAsync<CreatedAccessKey>(HttpMethod.Post, $"/access-keys/{IdOf("sk-token-that-leaked")}/rotate", new RotateAccessKey(0));
        await service.SendAsync<CreatedAccessKey>(HttpMethod.Post, $"/access-keys/{IdOf("sk-token-that-leaked")}/rotate", new RotateAccessKey(0));
        await service.SendAsync<AccessKeyView>(HttpMethod.Post, $"/access-keys/{IdOf("sk-token-revoked")}/revoke");
        using (var removed = await service.Http.DeleteAsync($"/access-keys/{IdOf("sk-token-removed")}", TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        }

        var again = await ImportAsync(service, Export + "\nsk-token-that-is-new");

        Assert.Equal((1, 3, 0), (again.Added, again.Known, again.Rejected.Count));
        var pooled = (await service.GetAsync<PoolSnapshot>("/snapshot")).AccessKeys;
        Assert.Equal(3, pooled.Count);
        Assert.DoesNotContain(pooled, key => key.Hash == AccessKeyFormat.Hash("sk-token-that-leaked") || (key.Enabled && key.Hash == AccessKeyFormat.Hash("sk-token-revoked")));

        Guid IdOf(string token) => keys[AccessKeyFormat.Hash(token)];
    }

    [Fact]
    public async Task Migration_RunAgain_LeavesTheIndexOfHashes_WhichImportsAreLookedUpBy()
    {
        await using var service = await RunningService.StartAsync(servers);
        const string Oid = "select 'keys.mt_events_access_key_hash'::regclass::oid::bigint";
        var first = await service.ScalarAsync<long>(Oid);

        await using var replica = await RunningService.StartAsync(service.Settings);

        Assert.Equal(first, await service.ScalarAsync<long>(Oid));
        await using var connection = await service.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand($"set enable_seqscan = off; explain (format json) select data ->> 'hash' from keys.mt_events where {Tables.HoldsAccessKeyHash} and data ->> 'hash' = any(array['a','b'])", connection);
        Assert.Contains("mt_events_access_key_hash", (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_ThatCannotBePublishedInTime_IsShownAllTheSame()
    {
        await using var service = await RunningService.StartAsync(servers);
        await using (var holder = await service.Database.OpenConnectionAsync(TestContext.Current.CancellationToken))
        {
            await using var hold = new NpgsqlCommand($"select pg_advisory_lock({PoolPublisher.Lock})", holder);
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

            var created = await service.SendAsync<CreatedAccessKey>(HttpMethod.Post, "/access-keys", new CreateAccessKey("team", null));

            Assert.False(created.IsPublished);
            Assert.True(AccessKeyFormat.IsWellFormed(created.Key));
        }

        await Eventually.TrueAsync(async () => (await service.GetAsync<PoolSnapshot>("/snapshot")).AccessKeys.Count == 1, TimeSpan.FromSeconds(30), "the key in the pool");
    }

    private static async Task<AccessKeyImportResult> ImportAsync(RunningService service, string text)
    {
        using var response = await service.Http.PostAsync("/access-keys/imports", new StringContent(text, Encoding.UTF8, "text/plain"), TestContext.Current.CancellationToken);
        return (await response.Content.ReadFromJsonAsync(ContractsJson.Default.AccessKeyImportResult, TestContext.Current.CancellationToken))!;
    }
}
