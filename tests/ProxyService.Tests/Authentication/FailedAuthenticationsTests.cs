using System.Net;
using GeminiBalance.ProxyService.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Authentication;

public sealed class FailedAuthenticationsTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public void Budget_UsedUp_SaysHowLongToWaitAndReturnsAfterAMinute()
    {
        var failures = new FailedAuthentications(new FixedOptions(3), time);
        var address = IPAddress.Parse("192.0.2.1");

        Assert.All(Enumerable.Range(0, 3), _ => Assert.Null(failures.Count(address)));
        time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(TimeSpan.FromSeconds(40), failures.Count(address));
        Assert.Null(failures.Count(IPAddress.Parse("192.0.2.2")));
        time.Advance(TimeSpan.FromSeconds(40));
        Assert.Null(failures.Count(address));
    }

    [Theory]
    [InlineData("2001:db8::1", "2001:db8::2:3", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", true)]
    public void Addresses_OfOneNetwork_ShareABudget(string first, string second, bool shared)
    {
        var failures = new FailedAuthentications(new FixedOptions(1), time);

        Assert.Null(failures.Count(IPAddress.Parse(first)));
        Assert.Equal(shared, failures.Count(IPAddress.Parse(second)) is not null);
    }

    [Fact]
    public void Addresses_WithoutEnd_DoNotFillTheMemory()
    {
        var failures = new FailedAuthentications(new FixedOptions(2), time);

        var refused = Enumerable.Range(0, 20_000).Count(i => failures.Count(new IPAddress(0x0A000000L + i)) is not null);

        Assert.Equal(20_000 - 10_000 - 2, refused);
    }

    private sealed class FixedOptions(int failures) : IOptionsMonitor<AuthenticationOptions>
    {
        public AuthenticationOptions CurrentValue { get; } = new() { FailuresPerMinute = failures };

        public AuthenticationOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<AuthenticationOptions, string?> listener) => null;
    }
}
