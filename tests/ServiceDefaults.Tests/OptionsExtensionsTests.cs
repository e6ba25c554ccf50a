using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests;

public sealed class OptionsExtensionsTests
{
    [Fact]
    public void AddValidatedOptions_AskedForTwice_BindsOnce()
    {
        var services = new ServiceCollection().AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new("Many:Names:0", "one")]).Build());
        services.AddValidatedOptions<ManyOptions>("Many");
        services.AddValidatedOptions<ManyOptions>("Many");
        using var provider = services.BuildServiceProvider();

        Assert.Equal(["one"], provider.GetRequiredService<IOptions<ManyOptions>>().Value.Names);
    }

    [Fact]
    public void AddValidatedOptions_FromTwoSections_IsRefused()
    {
        var services = new ServiceCollection();
        services.AddValidatedOptions<ManyOptions>("Many");

        Assert.Contains("Many", Assert.Throws<InvalidOperationException>(() => services.AddValidatedOptions<ManyOptions>("Others")).Message, StringComparison.Ordinal);
    }

    internal sealed class ManyOptions
    {
        public List<string> Names { get; } = [];
    }
}
