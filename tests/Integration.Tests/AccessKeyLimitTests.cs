using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.Integration.Tests;

/// <summary>Limits from the control plane to the client, and what a holder sees of its own use.</summary>
public sealed class AccessKeyLimitTests(GatewayFixture gateway)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Limit_ReachesTheClient_AndItsHolderSeesItsUse()
    {
        var created = await gateway.CreateAccessKeyAsync("held to its limits", new AccessKeyLimits(RequestsPerDay: 2));
        for (var i = 0; i < 2; i++)
        {
            using var served = await gateway.ChatAsync("hello", created.Key);
            Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        }

        using var refused = await gateway.ChatAsync("hello", created.Key);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("2 requests per day", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.NotNull(refused.Headers.RetryAfter);
        JsonNode usage = new JsonObject();
        await Eventually.TrueAsync(
            async () => (usage = await UsageAsync(created.Key))["month"]!["requests"]!.GetValue<long>() == 3, Patience, "three requests in the holder's usage");
        Assert.Equal(("held to its limits", 2, 2), ((string?)usage["name"], usage["limits"]!["requests_per_day"]!.GetValue<int>(), usage["month"]!["succeeded"]!.GetValue<int>()));
        Assert.True(usage["month"]!["total_tokens"]!.GetValue<long>() > 0);
        Assert.Equal("gemini-2.5-flash", (string?)Assert.Single(usage["month"]!["models"]!.AsArray())!["model"]);

        using var stranger = new HttpRequestMessage(HttpMethod.Get, "/v1/usage");
        using var unknown = await gateway.Gateway.SendAsync(stranger, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
    }

    private async Task<JsonNode> UsageAsync(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/usage");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await gateway.Gateway.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!;
    }
}
