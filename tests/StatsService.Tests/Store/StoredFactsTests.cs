using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Store;

public sealed class StoredFactsTests
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static readonly RequestFact Full = new(
        new Guid("019ac000-1234-7abc-8def-0123456789ab"),
        Facts.Noon.AddTicks(1234567),
        RequestOperation.NativeGemini,
        RequestOutcome.UpstreamError,
        503,
        "upstream_error",
        "gemini-2.5-flash",
        "gemini-2.5-flash-preview",
        Facts.Alice,
        Facts.KeyB,
        [new(Facts.KeyA, UpstreamOutcomeClass.QuotaPerDay, 429, 41.2, 40.875, "RESOURCE_EXHAUSTED"), new(Facts.KeyB, UpstreamOutcomeClass.NetworkError, null, 0.001)],
        new("adaptive", 47, 3, new Dictionary<string, int> { ["cooling"] = 2, ["exhausted"] = 1 }, [new(Facts.KeyB, 0.9123, 0.99, 812.4, 0.83, 3), new(Facts.Bob, -1.5)]),
        Streamed: true,
        new TokenUsage(2133, 412, 211, 533, 7, 2763, 12, 13),
        FirstTokenMs: 347.276,
        DurationMs: 1041.827,
        Trace,
        Estimated: true,
        OverheadMs: 1.3,
        Recovered: true,
        ClientRequestId: "one \"of\" theirs \\ 你好 \u0001");

    private static readonly RequestFact Bare = new(
        Full.Id, Facts.Noon, RequestOperation.Models, RequestOutcome.ClientError, 401, null, null, null, null, null, [], null, false, null, null, 0.5, null);

    public static TheoryData<string, RequestFact> Shapes => new()
    {
        { "full", Full },
        { "bare", Bare },
        { "a sample", Facts.Fact() },
        { "served is asked", Full with { ModelServed = Full.ModelAsked } },
        { "served without asked", Bare with { ModelServed = "gemini-2.5-pro" } },
        { "no finalists, no reasons", Full with { Choice = new("round_robin", 2, 0) } },
        { "finalists only", Full with { Choice = new("adaptive", 2, 0, null, [new(Facts.KeyA, 1)]) } },
        { "empty lists", Full with { Choice = new("adaptive", 2, 0, new Dictionary<string, int>(), []), Attempts = [] } },
        { "a key nobody tried", Bare with { KeyId = Facts.KeyA } },
        { "the same key twice", Full with { Attempts = [Full.Attempts[0], Full.Attempts[0]], KeyId = Facts.KeyA } },
        { "a trace of another version", Full with { TraceParent = Trace.Replace("00-", "cc-", StringComparison.Ordinal) } },
        { "a trace with other flags", Full with { TraceParent = Trace.Replace("-01", "-f0", StringComparison.Ordinal) } },
        { "a trace in capitals", Full with { TraceParent = Trace.ToUpperInvariant() } },
        { "a trace that is none", Full with { TraceParent = "=" } },
        { "no trace, but not null", Full with { TraceParent = "" } },
        { "numbers at their ends", Full with { DurationMs = double.MaxValue, FirstTokenMs = double.Epsilon, OverheadMs = -0.1, Status = int.MinValue, Tokens = new(long.MaxValue, 0, 0, long.MinValue, 0, -1) } },
        { "texts with everything", Full with { ErrorCode = "\"\\\n\u2028</script>", ModelAsked = "模型 \ud83d\ude00", ClientRequestId = "" } },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Fact_ComesBackAsItWas(string shape, RequestFact fact)
    {
        Assert.NotEmpty(shape);

        Assert.Equal(Json(fact), Json(StoredFacts.Read(StoredFacts.Write(fact))));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void FactOfTheFirstForm_IsRead(string shape, RequestFact fact)
    {
        Assert.NotEmpty(shape);

        Assert.Equal(Json(fact), Json(StoredFacts.Read(Json(fact))));
    }

    /// <summary>Events are kept for years: whoever changes this form gives it a new name.</summary>
    [Fact]
    public void Form_IsTheOneThatIsStored()
    {
        const string stored = """
            {"operation":"NativeGemini","outcome":"UpstreamError","status":503,"modelAsked":"gemini-2.5-flash","accessKeyId":"a11ce000-0000-7000-8000-000000000003",
            "tried":["aaaaaaaa-0000-7000-8000-000000000001","bbbbbbbb-0000-7000-8000-000000000002"],
            "rest":"[\"AZrAABI0eryN7wEjRWeJqw\",17726256001234567,7,1041.827,347.276,1.3,[2133,412,211,533,7,2763,12,13],[\"sLAAAAAAcACAAAAAAAAABA\"],1,
            [[0,\"QuotaPerDay\",429,41.2,40.875,\"RESOURCE_EXHAUSTED\"],[1,\"NetworkError\",null,0.001,null]],
            [\"adaptive\",47,3,[\"cooling\",2,\"exhausted\",1],[[1,0.9123,0.99,812.4,0.83,3],[2,-1.5,null,null,null,null]]],
            \"gemini-2.5-flash-preview\",\"CvdlGRbNQ92ESOshHIAxnLeta3FpIDMxAQ\",\"upstream_error\",\"theirs\"]"}
            """;
        var fact = Full with { ClientRequestId = "theirs" };

        Assert.Equal(stored.ReplaceLineEndings(""), StoredFacts.Write(fact));
        Assert.Equal(Json(fact), Json(StoredFacts.Read(stored.ReplaceLineEndings(""))));
    }

    [Fact]
    public void PlacesAddedLater_ArePassedOver_AndThoseMissingAreNull()
    {
        var stored = StoredFacts.Write(Full);

        var later = StoredFacts.Read(stored.Replace("]\"}", ",\\\"new\\\",[1,[2]]]\",\"other\":{\"a\":[1]}}", StringComparison.Ordinal));
        var earlier = StoredFacts.Read("""{"operation":"Models","outcome":"ClientError","status":401,"rest":"[\"AZrAABI0eryN7wEjRWeJqw\",17726256000000000]"}""");

        Assert.NotEqual(stored, stored.Replace("]\"}", "", StringComparison.Ordinal));
        Assert.Equal(Json(Full), Json(later));
        Assert.Equal(Json(Bare with { DurationMs = 0 }), Json(earlier));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"outcome":"Succeeded","rest":"[]"}""")]
    [InlineData("""{"outcome":"Succeeded","rest":"{}"}""")]
    [InlineData("""{"outcome":"Succeeded","rest":"not JSON"}""")]
    [InlineData("""{"outcome":"Succeeded","rest":"[\"AZrAABI0eryN7wEjRWeJ\"]"}""")]
    [InlineData("""{"outcome":"Succeeded","rest":"[\"AZrAABI0eryN7wEjRWeJqw\",17726256000000000,\"0\"]"}""")]
    [InlineData("""{"outcome":"Succeeded","rest":"[\"AZrAABI0eryN7wEjRWeJqw\",17726256000000000,0,0,null,null,null,[],5]"}""")]
    [InlineData("""{"outcome":"Succeeded","rest":"[\"AZrAABI0eryN7wEjRWeJqw\",17726256000000000,0,0,null,null,null,[],null,[[0,\"Unheard\",200,1,1]]]"}""")]
    [InlineData("""{"outcome":"Unheard","rest":"[]"}""")]
    [InlineData("""{"outcome":"Succeeded","rest":7}""")]
    public void WhatIsNoFact_IsRefused(string stored) => Assert.Throws<JsonException>(() => StoredFacts.Read(stored));

    [Fact]
    public void AFact_IsShorterThanItsJson()
    {
        var (stored, json) = (StoredFacts.Write(Full), Json(Full));

        Assert.True(stored.Length < json.Length * 0.6, $"{stored.Length} of {json.Length} characters");
    }

    private static string Json(RequestFact fact) => JsonSerializer.Serialize(fact, ContractsJson.Default.RequestFact);
}
