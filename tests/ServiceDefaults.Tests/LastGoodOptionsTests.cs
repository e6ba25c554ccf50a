using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests;

/// <summary>A configuration that is edited badly while the process runs.</summary>
public sealed class LastGoodOptionsTests : IDisposable
{
    private readonly IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Pace:Seconds", "5"), new("Pace:Name", "secret-one")]).Build();
    private readonly RecordedLog log = new();
    private readonly ServiceProvider provider;

    public LastGoodOptionsTests()
    {
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging(logging => logging.AddProvider(log));
        services.AddValidatedOptions<PaceOptions>("Pace");
        provider = services.BuildServiceProvider();
    }

    private IOptionsMonitor<PaceOptions> Options => provider.GetRequiredService<IOptionsMonitor<PaceOptions>>();

    [Theory]
    [InlineData("0", "Pace:Seconds must be 1 to 9.")]
    [InlineData("secret-number", "PaceOptions")]
    public void Configuration_ThatBecomesBad_LeavesTheLastGoodOne_UntilItIsGoodAgain(string seconds, string told)
    {
        var seen = new List<int>();
        using var listening = Options.OnChange(options => seen.Add(options.Seconds));
        Assert.Equal(5, Options.CurrentValue.Seconds);

        Set(seconds);
        Assert.Equal(5, Options.CurrentValue.Seconds);
        Set("7");
        Assert.Equal(7, Options.CurrentValue.Seconds);

        Assert.Equal([5, 7], seen);
        var line = Assert.Single(log.Lines);
        Assert.StartsWith("Error", line, StringComparison.Ordinal);
        Assert.Contains(told, line, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("five")]
    public void Configuration_ThatIsBadFromTheBeginning_IsRefused(string seconds)
    {
        Set(seconds);

        Assert.ThrowsAny<Exception>(() => Options.CurrentValue);
    }

    public void Dispose() => provider.Dispose();

    private void Set(string seconds)
    {
        configuration["Pace:Seconds"] = seconds;
        configuration.Reload();
    }

    internal sealed class PaceOptions
    {
        [Range(1, 9, ErrorMessage = "Pace:Seconds must be 1 to 9.")]
        public int Seconds { get; set; } = 1;

        public string Name { get; set; } = "";
    }
}
