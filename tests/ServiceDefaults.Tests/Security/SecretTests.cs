using System.Text.Json;
using GeminiBalance.ServiceDefaults.Security;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests.Security;

public sealed class SecretTests
{
    private const string Value = "AIzaSy-canary-0123456789-x9Qk";

    [Fact]
    public void Secret_Printed_ShowsItsMaskOnly()
    {
        var secret = new Secret(Value);

        Assert.Equal("AIza…x9Qk", $"{secret}");
        Assert.DoesNotContain("canary", JsonSerializer.Serialize(secret), StringComparison.Ordinal);
        Assert.Equal(Value, secret.Reveal());
    }

    [Fact]
    public void Secret_Short_ShowsNothing() => Assert.Equal("…", new Secret("short").Mask);

    [Fact]
    public void Secret_Empty_IsRefused() => Assert.Throws<ArgumentException>(() => new Secret(""));
}
