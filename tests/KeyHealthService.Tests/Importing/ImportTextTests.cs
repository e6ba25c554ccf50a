using GeminiBalance.KeyHealthService.Importing;
using GeminiBalance.KeyHealthService.Tests.Servers;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Importing;

public sealed class ImportTextTests
{
    private static readonly string A = TestKeys.Standard(1);
    private static readonly string B = TestKeys.Auth(2);

    [Theory]
    [InlineData("{A}\n{B}", 1, 2)]
    [InlineData("{A}\r\n{B}\r\n", 1, 2)]
    [InlineData("\uFEFF{A},{B}", 1, 1)]
    [InlineData("{A};{B}", 1, 1)]
    [InlineData("{A} {B}", 1, 1)]
    [InlineData("{A}\t{B}", 1, 1)]
    [InlineData("# my keys\n\n  {A}  \n\n{B} # the second", 3, 5)]
    [InlineData("GEMINI_API_KEY=\"{A}\"\nexport OTHER='{B}'", 1, 2)]
    [InlineData("API_KEYS=[\"{A}\",\"{B}\"]", 1, 1)]
    [InlineData("[\n  \"{A}\",\n  \"{B}\"\n]", 2, 3)]
    [InlineData("key,label,project\n{A},,\n{B}", 2, 3)]
    public void Read_EverySeparator_FindsBothKeysWithTheirLines(string text, int first, int second)
    {
        var items = Read(text).ToArray();

        Assert.Equal([(first, A), (second, B)], items.Select(item => (item.Line, item.Key!.Reveal())));
        Assert.All(items, item => Assert.Null(item.Label));
    }

    [Theory]
    [InlineData("{A},Team one,alpha", "Team one", "alpha")]
    [InlineData("{A},Team one", "Team one", null)]
    [InlineData("{A},,alpha", null, "alpha")]
    [InlineData("{A},\"one, two\",alpha", "one, two", "alpha")]
    [InlineData("{A},my-production-key-number-one,alpha", "my-production-key-number-one", "alpha")]
    public void Read_Table_TakesLabelAndProject(string text, string? label, string? project)
    {
        var item = Assert.Single(Read(text));

        Assert.Equal((A, label, project), (item.Key?.Reveal(), item.Label, item.Project));
    }

    [Theory]
    [InlineData("ya29.a0AfB_byC0123456789012345")]
    [InlineData("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.abc.def")]
    [InlineData("sk-proj-0123456789abcdefghijklmn")]
    [InlineData("https://aistudio.google.com/app/apikey")]
    [InlineData("tooshort")]
    [InlineData("this line is prose and holds nothing of use")]
    [InlineData("AIzaSyWithÜmlautInTheMiddleOfTheKey0123")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\nAgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4ha2\n-----END PRIVATE KEY-----")]
    public void Read_WhatIsNoKey_IsOneRefusalThatDoesNotRepeatIt(string text)
    {
        var item = Assert.Single(Read(text));

        Assert.Null(item.Key);
        Assert.Equal(1, item.Line);
        Assert.DoesNotContain(text[..8], item.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BadLineAmongGoodOnes_KeepsTheGoodOnes()
    {
        var items = Read("{A}\nnonsense\n{B}").ToArray();

        Assert.Equal([true, false, true], items.Select(item => item.Key is not null));
        Assert.Equal([1, 2, 3], items.Select(item => item.Line));
    }

    [Fact]
    public void Read_LabelTooLong_IsRefused() => Assert.NotNull(Assert.Single(Read($"{{A}},{new string('x', 201)},alpha")).Refusal);

    private static IEnumerable<ImportItem> Read(string text) =>
        ImportText.Read(text.Replace("{A}", A, StringComparison.Ordinal).Replace("{B}", B, StringComparison.Ordinal));
}
