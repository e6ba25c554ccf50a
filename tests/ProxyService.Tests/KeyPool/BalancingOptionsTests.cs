using GeminiBalance.ProxyService.KeyPool.Balancing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.KeyPool;

public sealed class BalancingOptionsTests
{
    [Fact]
    public void UnknownStrategy_IsRefusedWithTheKnownNames()
    {
        using var provider = Services("nope", out _);

        var refused = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<BalancingOptions>>().Value);

        Assert.Contains("'nope'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("adaptive, least_used, round_robin, weighted", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Strategy_ChangesWhileTheGatewayRuns()
    {
        using var provider = Services("weighted", out var configuration);
        var strategy = provider.GetRequiredService<StrategyInUse>();
        Assert.Equal("weighted", strategy.Current.Name);

        configuration["Balancing:Strategy"] = "round_robin";
        configuration.Reload();

        Assert.Equal("round_robin", strategy.Current.Name);
    }

    private static ServiceProvider Services(string strategy, out IConfigurationRoot configuration)
    {
        configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Balancing:Strategy", (string?)strategy)]).Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddBalancing().BuildServiceProvider();
    }
}
