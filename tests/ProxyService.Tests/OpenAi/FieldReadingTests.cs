using System.Diagnostics;
using System.Text;
using System.Text.Json;
using GeminiBalance.ProxyService.OpenAi;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.OpenAi;

/// <summary>A reader that forgets a value, or reads beyond it, must not lose the fields behind it without a word.</summary>
public sealed class FieldReadingTests
{
    [Theory]
    [InlineData("""{"a":1,"b":2}""", 0)]
    [InlineData("""{"a":{"b":2}}""", 0)]
    [InlineData("""{"a":1,"b":2}""", 2)]
    public void ValueNotReadToItsEnd_IsNoticedAtTheNextName(string body, int tokens) => Assert.Throws<UnreachableException>(() =>
    {
        var reader = Begin(body);
        FieldReading.NextName(ref reader);
        for (var i = 0; i < tokens; i++)
        {
            reader.Read();
        }

        FieldReading.NextName(ref reader);
    });

    [Fact]
    public void ObjectLeftInTheMiddle_IsNoticedAtTheEnd() => Assert.Throws<UnreachableException>(() =>
    {
        var reader = Begin("""{"a":{"b":2},"c":3}""");
        FieldReading.NextName(ref reader);
        reader.Read();
        while (FieldReading.NextName(ref reader))
        {
            reader.Read();
        }

        FieldReading.End(ref reader);
    });

    [Fact]
    public void ValuesReadToTheirEnds_AreFollowedByNames()
    {
        var reader = Begin("""{"a":{"b":2},"c":[]}""");
        var names = new List<string>();
        while (FieldReading.NextName(ref reader))
        {
            names.Add(reader.GetString()!);
            reader.Read();
            reader.Skip();
        }

        FieldReading.End(ref reader);
        Assert.Equal(["a", "c"], names);
    }

    private static Utf8JsonReader Begin(string body)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(body));
        reader.Read();
        return reader;
    }
}
