using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace GeminiBalance.AppHost.Tests.Running;

public sealed class ParameterStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ConfigurationManager _configuration = new();

    public ParameterStoreTests() => _configuration["DataFolder"] = _folder.Path;

    private string FilePath => _folder.New("parameters.json");

    private string GivenPath => _folder.New("parameters.given.json");

    public void Dispose()
    {
        _configuration.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Value_Generated_IsKeptPrivately()
    {
        var first = Resolve("redis-password", Generator(44));

        Assert.Equal(first, Resolve("redis-password", Generator(44)));
        Assert.Equal(44, first.Length);
        Assert.All(first, c => Assert.True(char.IsAsciiLetterOrDigit(c)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        Assert.Equal(first, Read(FilePath)["redis-password"]);
    }

    [Theory]
    [InlineData("Parameters:redis-password")]
    [InlineData("Parameters:redis_password")]
    public void Value_OfTheOperator_Wins(string key)
    {
        Resolve("redis-password", Generator(22));
        _configuration[key] = "chosen";

        Assert.Equal("chosen", Resolve("redis-password", Generator(22)));
    }

    [Fact]
    public void Value_Given_LeavesTheKeptOne_WhichTheNextStartUses()
    {
        var kept = Resolve("encryption-key", Generator(44));
        _configuration["Parameters:encryption-key"] = "mistaken";
        var store = Store();

        Assert.Equal("mistaken", store.Resolve(_configuration, "encryption-key", Generator(44), persist: true));

        Assert.Equal(["encryption-key"], store.Given);
        Assert.Equal(kept, Read(FilePath)["encryption-key"]);
        Assert.Equal("mistaken", Read(GivenPath)["encryption-key"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(GivenPath));
        _configuration["Parameters:encryption-key"] = null;
        Assert.Equal(kept, Resolve("encryption-key", Generator(44)));
        Assert.False(File.Exists(GivenPath));
    }

    [Fact]
    public void Value_Given_IsKeptWhenTheApplicationRanWithIt_OrWhenNoneWasKept()
    {
        var other = Resolve("redis-password", Generator(22));
        _configuration["Parameters:encryption-key"] = "first";
        Assert.Equal("first", Resolve("encryption-key", Generator(44)));
        Assert.Equal("first", Read(FilePath)["encryption-key"]);
        _configuration["Parameters:encryption-key"] = "second";
        var store = Store();
        store.Resolve(_configuration, "encryption-key", Generator(44), persist: true);

        store.KeepGiven();

        Assert.Empty(store.Given);
        Assert.False(File.Exists(GivenPath));
        Assert.Equal([("encryption-key", "second"), ("redis-password", other)], Read(FilePath).OrderBy(p => p.Key).Select(p => (p.Key, p.Value)));
    }

    [Fact]
    public void Value_NotPersistent_IsNotWritten()
    {
        Store().Resolve(_configuration, "once", Generator(22), persist: false);

        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void Value_Missing_NamesTheSetting()
    {
        var refusal = Assert.Throws<MissingParameterValueException>(() => Resolve("api-key", null));

        Assert.Contains("Parameters:api-key", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Parameters__api_key", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_Damaged_IsRefusedWithoutQuotingIt()
    {
        File.WriteAllText(FilePath, "{ \"a\": \"hidden-value\" ");

        var refusal = Assert.Throws<DistributedApplicationException>(() => Resolve("a", Generator(22)));

        Assert.Contains(FilePath, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-value", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Generator_WithoutAnyKindOfCharacter_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => new GenerateParameterDefault { Lower = false, Upper = false, Numeric = false, Special = false }.GetDefaultValue());

    private static Dictionary<string, string> Read(string path) => JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(path))!;

    private static GenerateParameterDefault Generator(int length) => new() { MinLength = length, Special = false };

    private string Resolve(string name, ParameterDefault? @default) => Store().Resolve(_configuration, name, @default, persist: true);

    private ParameterStore Store() => new(new EngineSettings(_configuration, "/"));
}
