using Xunit;

namespace GeminiBalance.AppHost.Tests;

public sealed class OutsideHomeTests
{
    private const string Here = "/outside/here/postgres";
    private const string Elsewhere = "/outside/elsewhere/postgres";

    [Theory]
    [InlineData(null, new string[0], null)]
    [InlineData(Here, new[] { Here }, null)]
    [InlineData(Elsewhere, new[] { Here }, null)]
    [InlineData(Elsewhere, new[] { Elsewhere }, "mv /outside/elsewhere /outside/here")]
    [InlineData(Elsewhere, new[] { Here, Elsewhere }, "mv /outside/elsewhere /outside/here")]
    [InlineData(Here, new string[0], "which is gone")]
    [InlineData(Elsewhere, new string[0], "which is gone")]
    public void Database_ThatIsNotWhereItWas_IsNeverReplacedByAnEmptyOne(string? known, string[] existing, string? says)
    {
        var fault = OutsideHome.Fault(known, Here, "/data/postgres/home", existing.Contains);

        if (says is null)
        {
            Assert.Null(fault);
            return;
        }

        Assert.Contains(says, fault, StringComparison.Ordinal);
        Assert.Contains("/data/postgres/home", fault, StringComparison.Ordinal);
    }
}
