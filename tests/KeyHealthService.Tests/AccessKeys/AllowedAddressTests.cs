using GeminiBalance.KeyHealthService.AccessKeys;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.AccessKeys;

public sealed class AllowedAddressTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    [InlineData("::ffff:0:0/96", "0.0.0.0/0")]
    [InlineData("2001:DB8:0::/32", "2001:db8::/32")]
    [InlineData("::1", "::1")]
    [InlineData("::/0", "::/0")]
    [InlineData("192.168.1", null)]
    [InlineData("192.168.010.1", null)]
    [InlineData("0x7f.0.0.1", null)]
    [InlineData("2130706433", null)]
    [InlineData("10.0/16", null)]
    [InlineData("0/0", null)]
    [InlineData("10.0.0.1/8", "10.0.0.0/8")]
    [InlineData("::ffff:10.0.0.1/104", "10.0.0.0/8")]
    [InlineData("2001:db8::1/32", "2001:db8::/32")]
    [InlineData("::ffff:0:0/90", null)]
    [InlineData("10.0.0.0/33", null)]
    [InlineData("example.org", null)]
    public void Parse_Address_IsStoredAsProxiesCompareIt(string text, string? stored) => Assert.Equal(stored, AllowedAddress.Parse(text));

    [Fact]
    public void Check_AddressesThatAreTheSame_AreKeptOnce_AndOthersRefusedByRange()
    {
        var refusal = AccessKeyRules.Check(new AccessKeyTerms("team", Addresses: ["10.0.0.1", "::ffff:10.0.0.1"]), DateTimeOffset.UnixEpoch, out var terms);
        var tooShort = AccessKeyRules.Check(new AccessKeyTerms("team", Addresses: ["192.168.1"]), DateTimeOffset.UnixEpoch, out _);

        Assert.Null(refusal);
        Assert.Equal(["10.0.0.1"], terms.Addresses);
        Assert.Equal("invalid_addresses", tooShort?.Code);
    }
}
