using Xunit;

namespace GeminiBalance.AppHost.Tests.Testing;

/// <summary>The map itself, described by its own entry point and not started.</summary>
public sealed class AppHostMapTests
{
    [Fact]
    public async Task Demo_HasTheSimulator_AndPointsTheGatewayAtIt()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["--Demo=true"], TestContext.Current.CancellationToken);

        Assert.Equal(
            ["admin", "admin-migrate", "gemini-simulator", "geminibalance", "keyhealth", "keyhealth-migrate", "messaging", "postgres", "proxy", "redis", "stats", "stats-migrate"],
            builder.Resources.Where(r => r is not ParameterResource).Select(r => r.Name).Order());
    }

    [Fact]
    public async Task Real_HasNoSimulator()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(TestContext.Current.CancellationToken);

        Assert.DoesNotContain(builder.Resources, r => r.Name == "gemini-simulator");
    }

    [Theory]
    [InlineData("proxy", 8080)]
    [InlineData("admin", 8081)]
    [InlineData("keyhealth", 8082)]
    [InlineData("stats", 8083)]
    [InlineData("gemini-simulator", 8084)]
    public async Task Service_HasItsPreferredPort(string name, int port)
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["--Demo=true"], TestContext.Current.CancellationToken);

        var endpoint = Assert.Single(builder.Resources.Single(r => r.Name == name).Annotations.OfType<EndpointAnnotation>());

        Assert.Equal(("http", (int?)port), (endpoint.Name, endpoint.Port));
        Assert.Equal(name is "proxy" or "admin", endpoint.IsExternal);
    }

    [Fact]
    public async Task Gateway_StartsWithoutBrokerAndDatabase()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(TestContext.Current.CancellationToken);

        var waits = builder.Resources.Single(r => r.Name == "proxy").Annotations.OfType<WaitAnnotation>().Select(w => w.Resource.Name);

        Assert.Equal(["keyhealth", "redis"], waits.Order());
    }

    [Fact]
    public async Task Replicas_AreConfigured()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["--Replicas:stats=3"], TestContext.Current.CancellationToken);

        Assert.Equal(3, ResourceRunner.ReplicasOf(builder.Resources.Single(r => r.Name == "stats")));
        Assert.Equal(1, ResourceRunner.ReplicasOf(builder.Resources.Single(r => r.Name == "proxy")));
    }

    [Fact]
    public async Task Setting_Wrong_IsThrownToTheTest() =>
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() =>
            DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["--Replicas:proxy=many"], TestContext.Current.CancellationToken));
}
