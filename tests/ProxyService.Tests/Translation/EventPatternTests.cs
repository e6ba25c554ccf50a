using System.Text;
using CsCheck;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Upstream;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>An event read by what it has in common with the one before it says what it says when it is parsed.</summary>
public sealed class EventPatternTests
{
    private const string Event = """{"candidates": [{"content": {"parts": [{"text": "one"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 7,"candidatesTokenCount": 1,"totalTokenCount": 8,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 7}]},"modelVersion": "m","responseId": "r"}""";

    private static readonly string[] Seeds =
    [
        Event,
        """{"candidates":[{"content":{"parts":[{"text":"a thought","thought":true}],"role":"model"}}],"usageMetadata":{"promptTokenCount":7,"thoughtsTokenCount":12,"totalTokenCount":19}}""",
        """{"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7},"candidates":[{"finishReason":"STOP","content":{"parts":[{"text":"x"}]}}]}""",
        """{"candidates":[{"content":{"parts":[{"text":"no usage"}]}}]}""",
        """{"candidates":[{"content":{"parts":[{"text":"no total"}]}}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1}}""",
        """{"candidates":[{"content":{"parts":[{"text":"twice"},{"text":"said"}]}}],"usageMetadata":{"promptTokenCount":7,"totalTokenCount":8,"totalTokenCount":9}}""",
        """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"text":"x"}},"text":"mixed","thoughtSignature":"AAAA"}]}}],"usageMetadata":{"totalTokenCount":8},"usageMetadata":{"totalTokenCount":9}}""",
        """{"candidates":[{"content":{"parts":[{"text":"rated"}]},"safetyRatings":[{"category":"C"}]}],"promptFeedback":{"blockReason":"SAFETY"}}""",
        """{"error":{"code":503,"message":"x"}}""",
    ];

    private static readonly string[] Pieces =
        ["\"", "\\", "\\n", "\\\"", "\\u00e9", "\\ud800", "\\x", "\u0001", "ü", "0", "00", "7", "12345678901234567890", "-", ".5", "e3", "{", "}", "[", "]", ",", ":", " ", "null", "\"text\":\"z\",", "true"];

    private static readonly Gen<(int Seed, (int At, int Removed, int Added)[] Edits)> Change =
        Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Select(Gen.Int[0, 400], Gen.Int[0, 3], Gen.Int[0, Pieces.Length - 1]).Array[0, 3]);

    [Fact]
    public void Events_SayWhatTheySayWhenParsed_WhateverCameBefore() => Gen.Select(Gen.Int[0, Seeds.Length - 1], Change.Array[1, 8], Gen.Int[0, 2]).Sample(
        (seed, changes, similar) =>
        {
            GenerateContentReply compared = new() { Pattern = new EventPattern() }, parsed = new();
            foreach (var (other, edits) in changes)
            {
                var json = Edited(Seeds[similar == 0 ? other : seed], edits);
                Assert.Equal(Said(GenerateContentReader.TryRead(json, parsed), parsed), Said(GenerateContentReader.TryRead(json, compared), compared));
            }
        },
        iter: 20_000);

    [Theory]
    [InlineData("one", "two words", true)]
    [InlineData("one", "a line\\nand \\\"quotes\\\" and a \\\\", true)]
    [InlineData("one", "grüße, 世界", true)]
    [InlineData("\"candidatesTokenCount\": 1,\"totalTokenCount\": 8", "\"candidatesTokenCount\": 120,\"totalTokenCount\": 127", true)]
    [InlineData("one", "", false)]
    [InlineData("one", "\\u00e9", false)]
    [InlineData("\"totalTokenCount\": 8", "\"totalTokenCount\": 08", false)]
    [InlineData("\"totalTokenCount\": 8", "\"totalTokenCount\": 8.5", false)]
    [InlineData("\"index\": 0", "\"finishReason\": \"STOP\",\"index\": 0", false)]
    public void Event_IsReadByTheOneBefore_WhenOnlyTextAndCountsDiffer(string part, string other, bool isRead)
    {
        GenerateContentReply reply = new();
        EventPattern pattern = new();
        var (first, second) = (Encoding.UTF8.GetBytes(Event), Encoding.UTF8.GetBytes(Event.Replace(part, other, StringComparison.Ordinal)));
        Assert.NotEqual(first, second);
        Assert.True(GenerateContentReader.TryRead(first, reply));
        pattern.Learn(first, reply);

        Assert.Equal(isRead, pattern.TryRead(second, reply));

        GenerateContentReply expected = new();
        GenerateContentReader.TryRead(isRead ? second : first, expected);
        Assert.Equal(Said(true, expected), Said(true, reply));
    }

    [Fact]
    public void InvalidUtf8_IsLeftToTheParser()
    {
        GenerateContentReply reply = new();
        EventPattern pattern = new();
        var json = Encoding.UTF8.GetBytes(Event);
        Assert.True(GenerateContentReader.TryRead(json, reply));
        pattern.Learn(json, reply);
        json[json.AsSpan().IndexOf("one"u8)] = 0xFF;

        Assert.False(pattern.TryRead(json, reply));
    }

    [Fact]
    public void RecordedStreams_SayWhatTheySayWhenParsed() => Assert.All(Recorded.Names("streaming-*.txt"), name =>
    {
        GenerateContentReply compared = new() { Pattern = new EventPattern() }, parsed = new();
        using SseReader events = new(1 << 20);
        foreach (var json in SseReaderFeed.Events(events, Recorded.Bytes(name), 1000))
        {
            Assert.Equal(Said(GenerateContentReader.TryRead(json, parsed), parsed), Said(GenerateContentReader.TryRead(json, compared), compared));
        }
    });

    private static byte[] Edited(string json, (int At, int Removed, int Added)[] edits)
    {
        foreach (var (at, removed, added) in edits)
        {
            var start = at % (json.Length + 1);
            json = json.Remove(start, Math.Min(removed, json.Length - start)).Insert(start, Pieces[added]);
        }

        return Encoding.UTF8.GetBytes(json);
    }

    /// <summary>All that was read; of an event nobody can read, that.</summary>
    private static string Said(bool isRead, GenerateContentReply reply) => !isRead ? "unreadable" : string.Join('|',
        [.. reply.Candidates.Select(candidate => candidate.ToString()), .. reply.Parts.Select(part => part.ToString()), $"{reply.Usage} {reply.IsRecognised} {reply.IsError} {reply.IsBlocked}", reply.BlockReason, reply.BlockMessage, reply.ModelVersion, reply.ResponseId, $"{reply.HasUnknownParts}"]);
}
