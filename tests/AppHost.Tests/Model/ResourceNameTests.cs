using Xunit;

namespace GeminiBalance.AppHost.Tests.Model;

public sealed class ResourceNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("gemini-simulator")]
    [InlineData("Stats2")]
    public void Name_WithinTheRules_IsTaken(string name) => Assert.Equal(name, new ProjectResource(name).Name);

    [Theory]
    [InlineData("2stats", "start with an ASCII letter")]
    [InlineData("-stats", "start with an ASCII letter")]
    [InlineData("stats_", "no ASCII letter, digit or hyphen")]
    [InlineData("schlüssel", "no ASCII letter, digit or hyphen")]
    [InlineData("key--health", "two hyphens")]
    [InlineData("stats-", "ends with a hyphen")]
    public void Name_AgainstARule_IsRefusedWithTheRule(string name, string rule)
    {
        var refusal = Assert.Throws<ArgumentException>(() => new ProjectResource(name));

        Assert.Contains(rule, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Name_Longer_IsRefused()
    {
        Assert.Equal(64, new ProjectResource(new string('a', 64)).Name.Length);
        Assert.Throws<ArgumentException>(() => new ProjectResource(new string('a', 65)));
    }

    [Fact]
    public void Resources_SameNameInOtherCase_IsRefused()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddRedis("cache");

        var refusal = Assert.Throws<DistributedApplicationException>(() => builder.AddPostgres("Cache"));

        Assert.Contains("'cache'", refusal.Message, StringComparison.Ordinal);
    }
}
