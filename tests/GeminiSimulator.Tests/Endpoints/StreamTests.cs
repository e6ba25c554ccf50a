using System.Net;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Answers;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Endpoints;

public sealed class StreamTests(SharedSimulator shared) : SimulatorTest(shared)
{
    [Fact]
    public async Task Stream_Sse_SaysWhatTheUnaryAnswerSays()
    {
        var whole = await GenerateAsync(Saying("Grüße aus 北京 😀 and a long text that needs several events"));
        var reply = await StreamAsync(Saying("Grüße aus 北京 😀 and a long text that needs several events"));

        Assert.Equal("text/event-stream", reply.ContentType);
        Assert.DoesNotContain("\n\n", reply.Text, StringComparison.Ordinal);
        var events = reply.Events;
        Assert.True(events.Count > 3);
        Assert.Equal(whole.Said, string.Concat(events.Select(message => (string?)message["candidates"]![0]!["content"]!["parts"]![0]!["text"])));
        Assert.All(events.SkipLast(1), message => Assert.Null(message["candidates"]![0]!["finishReason"]));
        Assert.Equal("STOP", (string?)events[^1]["candidates"]![0]!["finishReason"]);
        Assert.Equal(whole.Usage.ToJsonString(), events[^1]["usageMetadata"]!.ToJsonString());
        Assert.Single(events.Select(message => (string?)message["responseId"]).Distinct());
    }

    [Fact]
    public async Task Stream_UsageOnEveryEvent_OnlyGrows()
    {
        var events = (await StreamAsync(Saying("[words:60]"))).Events;
        var totals = events.Select(message => (int)message["usageMetadata"]!["totalTokenCount"]!).ToList();

        Assert.Equal(totals.Order(), totals);
        Assert.True(totals[0] < totals[^1]);
    }

    [Fact]
    public async Task Stream_WithoutAlt_IsOneJsonList()
    {
        var reply = await StreamAsync(Saying("list please"), query: "");

        Assert.Equal("application/json; charset=UTF-8", reply.ContentType);
        var list = reply.Json.AsArray();
        Assert.True(list.Count > 1);
        Assert.Equal("STOP", (string?)list[^1]!["candidates"]![0]!["finishReason"]);
    }

    [Theory]
    [InlineData("?alt=sse", false)]
    [InlineData("", true)]
    public async Task Stream_Refused_IsPlainJsonOrAListOfOne(string query, bool list)
    {
        var reply = await StreamAsync(new JsonObject(), query: query);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        var error = list ? Assert.Single(reply.Json.AsArray())! : reply.Json;
        Assert.Equal("INVALID_ARGUMENT", (string?)error["error"]!["status"]);
    }

    [Fact]
    public async Task Stream_Gemini3_SendsTheSignatureLastOnAnEmptyText()
    {
        var events = (await StreamAsync(Saying("sign"), "gemini-3.5-flash")).Events;

        var part = events[^1]["candidates"]![0]!["content"]!["parts"]![0]!;
        Assert.Equal("", (string?)part["text"]);
        Assert.True(ThoughtSignature.IsValid((string)part["thoughtSignature"]!));
    }

    [Fact]
    public async Task Stream_TwoCandidates_ComeInTurn()
    {
        var events = (await StreamAsync(Saying("two", """{"generationConfig":{"candidateCount":2}}"""))).Events;

        Assert.Equal(events.Count / 2, events.Count(message => (int?)message["candidates"]![0]!["index"] == 1));
        Assert.Equal(2, events.Count(message => message["candidates"]![0]!["finishReason"] is not null));
    }
}
