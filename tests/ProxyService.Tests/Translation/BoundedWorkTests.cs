using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.OpenAi;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>
/// Bodies of a few megabytes that ask for billions of comparisons, or for a multiple of their own size. What is read and translated cannot be cancelled, and
/// comes before most limits: it must take about as long as any other body of the size.
/// </summary>
public sealed class BoundedWorkTests
{
    /// <summary>Hundreds of times what they take, and a fraction of what they took if every part were compared with every other one.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    /// <summary>As often as a request is written that is mended once.</summary>
    private const int Translations = 2;

    /// <summary>By what there is too much of.</summary>
    private static readonly Dictionary<string, Func<string>> Bodies = new(StringComparer.Ordinal)
    {
        ["options"] = () => Chat($"\"google\":{{{Many(300_000, n => $"\"a{n}\":1")}}}"),
        ["keywords"] = () => Tool(Many(300_000, n => $"\"k{n}\":1")),
        ["merged"] = () => Tool($"\"allOf\":[{Many(150_000, n => $"{{\"properties\":{{\"p{n}\":{{}}}}}}")}]"),
        ["required"] = () => Tool($$"""
            "properties":{ {{Many(250_000, n => $"\"p{n}\":{{}}")}} },"required":[{{Many(250_000, n => $"\"p{n}\"")}}]
            """),
        ["requiredBelow"] = () => Tool($$"""
            "properties":{"x":{"properties":{ {{Many(200_000, n => $"\"p{n}\":1")}} },"required":[{{Many(200_000, n => $"\"q{n}\"")}}]} },"required":["x"]
            """),
        ["definitions"] = () => Tool($$"""
            "$defs":{ {{Many(250_000, n => $"\"d{n}\":{{}}")}} },"properties":{ {{Many(250_000, n => $$$"""
            "p{{{n}}}":{"$ref":"#/$defs/d{{{n}}}"}
            """)}} }
            """),
        ["pointers"] = () => Tool($$"""
            "properties":{"x":{"anyOf":[{{Many(100_000, n => $$$"""
            {"$ref":"#//$defs/d{{{n * 4}}}"}
            """)}}]} },"required":["x"],"$defs":{ {{Many(400_000, n => $"\"d{n}\":{{}}")}} }
            """),
        ["choices"] = () => Chat($$"""
            "tools":[{{Many(512, n => Function(n, "null"))}}],"tool_choice":{"type":"allowed_tools","tools":[{{Many(400_000, _ => "{\"type\":\"function\",\"name\":\"f511\"}")}}]}
            """),
        ["calls"] = Calls,
    };

    public static TheoryData<string> Kinds => [.. Bodies.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task BodyOfTooMuch_IsTranslatedOrRefusedInTime(string kind)
    {
        var body = Bodies[kind]();
        Assert.InRange(body.Length, 0, 20 * 1024 * 1024);

        var isRead = await Task.Run(() => TryTranslate(body), TestContext.Current.CancellationToken).WaitAsync(Bound, TestContext.Current.CancellationToken);

        Assert.Equal(kind != "choices", isRead);
    }

    [Fact]
    public void WarningsWithoutEnd_EndWithAWord()
    {
        var request = Translated.Read(Chat($"\"google\":{{{Many(100, n => $"\"a{n}\":1")}}}"));

        Assert.Equal("google.a0 is not known and was ignored", request.Warnings[0]);
        Assert.Equal((33, "and more"), (request.Warnings.Count, request.Warnings[^1]));
    }

    [Fact]
    public void ReferencesThatRepeatWithoutEnd_AreRefusedByTheirSchema()
    {
        var big = $$$"""{"type":"object","properties":{"big":{"type":"string","description":"{{{new string('d', 1_000_000)}}}"},{{{Many(199, n => $$"""
            "p{{n}}":{"$ref":"#/properties/big"}
            """)}}}}}""";

        var error = Translated.Refusal(Chat($"\"tools\":[{Function(0, big)}]"));

        Assert.Equal((400, "invalid_value", "tools[0].function.parameters"), (error.Status, error.Code, error.Param));
        Assert.Contains("'tools[0].function.parameters'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReferencesOfManyFunctions_AreCountedTogether()
    {
        var each = $$$"""{"type":"object","properties":{"big":{"type":"string","description":"{{{new string('d', 10_000)}}}"},{{{Many(190, n => $$"""
            "p{{n}}":{"$ref":"#/properties/big"}
            """)}}}}}""";

        Assert.Equal("invalid_value", Translated.Refusal(Chat($"\"tools\":[{Many(100, n => Function(n, each))}]")).Code);
        Assert.Equal(4, Translated.Request(Chat($"\"tools\":[{Many(4, n => Function(n, each))}]"))["tools"]![0]!["functionDeclarations"]!.AsArray().Count);
    }

    [Fact]
    public void RememberedCall_NamedAgainAndAgain_DoesNotFillTheBody()
    {
        var body = $$"""
            {"model":"gemini-3-pro-preview","messages":[{"role":"user","content":"q"},{{Many(64, n => $$$"""
            {"role":"assistant","tool_calls":[{{{Call($"c{n}")}}}]},{"role":"tool","tool_call_id":"c{{{n}}}","content":"r"}
            """)}}],"tools":[{{Function(0, "null")}},{"type":"web_search"}]}
            """;
        var request = Translated.Read(body);
        var told = new JsonObject { ["toolCall"] = new string('t', 1_000_000) }.ToJsonString();
        request.Calls.ForEach(call => call.ServerTools = told);

        Assert.Equal("request_too_large", Assert.Throws<RequestRefusedException>(() => Translated.Request(request, body)).Error.Code);
    }

    private static bool TryTranslate(string body)
    {
        if (ChatRequestReader.Read(Encoding.UTF8.GetBytes(body), out _) is not { } request)
        {
            return false;
        }

        for (var i = 0; i < Translations; i++)
        {
            Translated.Request(request, body);
        }

        return true;
    }

    /// <summary>Nineteen steps of 512 calls, whose ids differ at their end only, answered in reverse order.</summary>
    private static string Calls()
    {
        var id = new string('i', 900);
        return $$"""
            {"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"},{{Many(19, step => $$$"""
            {"role":"assistant","tool_calls":[{{{Many(512, n => Call($"{id}{n}"))}}}]},{{{Many(512, n => $$"""{"role":"tool","tool_call_id":"{{id}}{{511 - n}}","content":"r"}""")}}}
            """)}}]}
            """;
    }

    private static string Call(string id) => $$$"""{"id":"{{{id}}}","type":"function","function":{"name":"f0","arguments":"{}"}}""";

    private static string Chat(string more) => $$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],{{more}}}""";

    private static string Tool(string schema) => Chat($"\"tools\":[{Function(0, $"{{\"additionalProperties\":{{}},{schema}}}")}]");

    private static string Function(int number, string parameters) => $$$"""{"type":"function","function":{"name":"f{{{number}}}","parameters":{{{parameters}}}}}""";

    private static string Many(int count, Func<int, string> one) => string.Join(',', Enumerable.Range(0, count).Select(one));
}
