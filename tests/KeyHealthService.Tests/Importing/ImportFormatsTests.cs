using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Importing;
using GeminiBalance.KeyHealthService.Tests.Servers;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Importing;

public sealed class ImportFormatsTests
{
    private static readonly string One = TestKeys.Standard(1);
    private static readonly string Two = TestKeys.Auth(2);

    [Fact]
    public void Read_Lines_StaysWhatItWas()
    {
        var (format, items) = ImportFormats.Read($"# mine\n{One}\nAPI_KEYS=[\"{Two}\"]\n{TestKeys.Standard(3)},label,project");

        Assert.Equal("lines", format);
        Assert.Equal([(2, null), (3, null), (4, "label")], items.Select(item => (item.Line, item.Label)));
    }

    [Fact]
    public void Read_TableWithHeader_TakesColumnsInAnyOrder()
    {
        var (format, items) = ImportFormats.Read($"tier,key,tags,project,label\r\nfree,{One},eu;team-a,alpha,\"One, two\"\r\n\r\n,{Two},,,\r\ngold,{TestKeys.Standard(3)},,,\r\npaid,short,,,");

        Assert.Equal("csv", format);
        Assert.Equal(
            [(2, KeyTier.Free, "eu,team-a", "alpha", "One, two"), (4, null, null, null, null), (5, null, null, null, null), (6, null, null, null, null)],
            items.Select(item => (item.Line, item.Tier, item.Tags, item.Project, item.Label)));
        Assert.Equal([One, Two, null, null], items.Select(item => item.Key?.Reveal()));
        Assert.Contains("tier", items.ElementAt(2).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Json_TakesTheExportsOfGateways()
    {
        string[] texts =
        [
            $$"""["{{One}}", "{{Two}}"]""",
            $$"""{"API_KEYS": ["{{One}}", "{{Two}}",], "OTHER": 1}""",
            $$"""{"keys": [{"key_value": "{{One}}", "status": "active", "notes": "n"}, {"key_value": "{{Two}}"}]}""",
            $$"""[{"key": "{{One}}", "label": "n", "tier": "Paid", "tags": ["a", "b"]}, {"apiKey": "{{Two}}"}]""",
        ];

        Assert.All(texts, text =>
        {
            var (format, items) = ImportFormats.Read(text);
            Assert.Equal("json", format);
            Assert.Equal([(1, One), (2, Two)], items.Select(item => (item.Line, item.Key!.Reveal())));
        });
        Assert.Equal([(KeyTier.Paid, "a,b"), (null, null)], ImportFormats.Read(texts[3]).Items.Select(item => (item.Tier, item.Tags)));
    }

    [Fact]
    public void Read_HalfACharacter_RefusesItsEntryAlone()
    {
        var (format, items) = ImportFormats.Read($$"""["\ud800", {"key": "{{One}}", "label": "\udc00"}, {"ke\ud800": "{{One}}"}, "{{Two}}"]""");

        Assert.Equal("json", format);
        Assert.Equal([(1, null), (2, null), (3, null), (4, Two)], items.Select(item => (item.Line, item.Key?.Reveal())));
        Assert.All(items.SkipLast(1), item => Assert.NotNull(item.Refusal));
    }

    [Theory]
    [InlineData("[]", "json", 0)]
    [InlineData("{\"k\\ud800ys\": []}", "lines", 1)]
    [InlineData("[1, null, {}, \"short\"]", "json", 4)]
    [InlineData("{\"keys\": 7}", "lines", 1)]
    [InlineData("[\"not closed", "lines", 1)]
    [InlineData("key,colour\nx,y", "lines", 1)]
    public void Read_AnythingElse_IsRefusedLineByLine(string text, string format, int refused)
    {
        var (found, items) = ImportFormats.Read(text);

        Assert.Equal(format, found);
        Assert.Equal(refused, items.Count(item => item.Refusal is not null));
        Assert.DoesNotContain(items, item => item.Key is not null);
    }
}
