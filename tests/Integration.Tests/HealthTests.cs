using System.Net;
using Xunit;

namespace GeminiBalance.Integration.Tests;

public sealed class HealthTests(GatewayFixture gateway)
{
    [Theory]
    [InlineData("proxy")]
    [InlineData("keyhealth")]
    [InlineData("stats")]
    [InlineData("admin")]
    public async Task Service_Started_IsAliveHealthyAndMeasured(string service)
    {
        var client = gateway.Client(service);
        foreach (var path in (string[])["/alive", "/health", "/health/dependencies", "/metrics"])
        {
            using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{path}: {response.StatusCode} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
        }
    }

    [Theory]
    [InlineData("keyhealth", "/keys")]
    [InlineData("keyhealth", "/snapshot")]
    [InlineData("stats", "/stats/overview")]
    [InlineData("proxy", "/internal/status")]
    public async Task InternalApi_WithoutServiceToken_IsRefused(string service, string path)
    {
        using var response = await gateway.Client(service).GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }
}
