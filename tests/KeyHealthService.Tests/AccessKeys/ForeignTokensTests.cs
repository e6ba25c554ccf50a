using GeminiBalance.KeyHealthService.AccessKeys;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.AccessKeys;

public sealed class ForeignTokensTests
{
    [Theory]
    [InlineData("""ALLOWED_TOKENS=["sk-first-token","sk-second-token"]""")]
    [InlineData("""
        API_KEYS=["AIzaSyNotAToken"]
        export ALLOWED_TOKENS='["sk-first-token", "sk-second-token"]'
        """)]
    [InlineData("""{"API_KEYS":["AIzaSyNotAToken"],"ALLOWED_TOKENS":["sk-first-token","sk-second-token"]}""")]
    [InlineData("""{"groups":[{"name":"gemini","proxy_keys":"sk-first-token,sk-second-token"}]}""")]
    [InlineData("""[{"name":"gemini","proxy_keys":"sk-first-token"},{"name":"other","proxy_keys":"sk-second-token"}]""")]
    [InlineData("""{"user_keys":[{"key":"sk-first-token","name":"a","rpm_limit":-1},{"key":"sk-second-token","name":"b"}]}""")]
    [InlineData("sk-first-token\n# a comment\nsk-second-token\n")]
    public void Read_ExportsOfOtherGateways_FindsTheClientsTokensAlone(string export) =>
        Assert.Equal(["sk-first-token", "sk-second-token"], ForeignTokens.Read(export).Select(token => token.Token?.Reveal()));

    [Theory]
    [InlineData("c2VjcmV0dG9rZW4=")]
    [InlineData("c2VjcmV0LXRvaw==")]
    [InlineData("SECRETTOKEN9AB==")]
    [InlineData("ALLOWED_TOKENS=c2VjcmV0dG9rZW4=")]
    public void Read_TokenInBase64_IsNoVariable(string export) =>
        Assert.Equal(export.Replace("ALLOWED_TOKENS=", "", StringComparison.Ordinal), Assert.Single(ForeignTokens.Read(export + "\n\n")).Token?.Reveal());

    [Theory]
    [InlineData("AUTH_TOKEN=")]
    [InlineData("AUTH_TOKENS=")]
    [InlineData("api_key=")]
    [InlineData("timeout=")]
    [InlineData("API_KEYS=AIzaSyNotAToken")]
    public void Read_OtherVariablesAlone_AreNoTokens_AndSaidToBePassedOver(string line)
    {
        var nothing = Assert.Single(ForeignTokens.Read($"{line}\nLOG_LEVEL=debug"));

        Assert.Null(nothing.Token);
        Assert.Equal("no token was found; lines passed over because they set other variables than ALLOWED_TOKENS, proxy_keys, user_keys: 2", nothing.Refusal);
        Assert.Equal("sk-first-token", Assert.Single(ForeignTokens.Read($"{line}\nALLOWED_TOKENS=sk-first-token")).Token?.Reveal());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("# a comment")]
    [InlineData("ALLOWED_TOKENS=[]")]
    public void Read_Nothing_SaysSo(string export) => Assert.Equal("no token was found", Assert.Single(ForeignTokens.Read(export)).Refusal);

    [Fact]
    public void Read_RowsOfUserKeys_KeepNameLimitsExpiryAndState()
    {
        var token = Assert.Single(ForeignTokens.Read("""[{"id":1,"key":"sk-first-token","name":"ada","status":0,"tpm_limit":250000,"rpd_limit":100,"rpm_limit":-1,"valid_until":"2030-01-31 12:00:00","max_concurrency":4}]"""));

        Assert.False(token.Enabled);
        Assert.Equal(("ada", new DateTimeOffset(2030, 1, 31, 12, 0, 0, TimeSpan.Zero)), (token.Terms!.Name, token.Terms.ExpiresAt));
        Assert.Equal(new(TokensPerMinute: 250_000, RequestsPerDay: 100, Concurrency: 4), token.Terms.Limits);
    }

    [Theory]
    [InlineData("""["\ud800","sk-first-token"]""")]
    [InlineData("""{"user_keys":[{"key":"sk-lost-token","name":"\udc00"},{"key":"sk-first-token","name":"ada"}]}""")]
    [InlineData("""[{"k\ud800y":"sk-lost-token","name":"b"},{"key":"sk-first-token","name":"ada"}]""")]
    public void Read_HalfACharacter_RefusesItsItemAlone(string export)
    {
        var tokens = ForeignTokens.Read(export);

        Assert.Equal([null, "sk-first-token"], tokens.Select(token => token.Token?.Reveal()));
        Assert.NotNull(tokens[0].Refusal);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("AIzaSyA-an-upstream-key-0000000000000")]
    [InlineData("with space in it")]
    [InlineData("sk-gb-abcdefghijklmnop")]
    public void Read_WhatIsNoClientToken_IsRefusedWithoutRepeatingIt(string text)
    {
        var token = Assert.Single(ForeignTokens.Read(text));

        Assert.Null(token.Token);
        Assert.DoesNotContain(text, token.Refusal, StringComparison.Ordinal);
    }
}
