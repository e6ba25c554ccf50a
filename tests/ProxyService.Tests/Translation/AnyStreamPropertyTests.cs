using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ProxyService.Translation.Streaming;
using GeminiBalance.ProxyService.Upstream;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>Whatever the upstream sends, in whatever pieces: the translation ends, what it writes is well formed, and what it keeps has a bound.</summary>
public sealed class AnyStreamPropertyTests
{
    private const int LargestEvent = 1 << 20;
    private const string Request = """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"stream":true,"stream_options":{"include_usage":true}}""";

    private static readonly byte[][] Answers = [.. Recorded.Names("streaming-*.txt").Select(Recorded.Bytes)];

    private static readonly Gen<byte[]> Mutated = Gen.Select(Gen.Int[0, Answers.Length - 1], Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 60], Gen.Byte.Array[0, 12]).Array[0, 6], Gen.Int[0, int.MaxValue], Gen.Bool)
        .Select((answer, edits, end, cut) =>
        {
            var bytes = Answers[answer].ToList();
            foreach (var (at, removed, added) in edits)
            {
                var start = at % (bytes.Count + 1);
                bytes.RemoveRange(start, Math.Min(removed, bytes.Count - start));
                bytes.InsertRange(start, added);
            }

            return cut ? bytes.Take(end % (bytes.Count + 1)).ToArray() : [.. bytes];
        });

    private static readonly Gen<byte[]> Stream = Gen.Frequency((4, Mutated), (1, Gen.Byte.Array[0, 600]));

    [Fact]
    public void AnyStream_EndsWithWellFormedChunks_WhateverThePieces() => Gen.Select(Stream, Gen.Int[1, 700]).Sample(
        (stream, pieces) =>
        {
            var whole = Run(stream, int.MaxValue);
            AssertWellFormed(whole.Chunks, whole.Complete);
            var cut = Run(stream, pieces);
            return whole.Complete == cut.Complete && whole.Chunks.Select(Scrubbed).SequenceEqual(cut.Chunks.Select(Scrubbed));
        },
        iter: 400);

    [Fact]
    public void SignedCalls_CountAsKept()
    {
        using var translator = new StreamTranslator(Translated.Shape(Request));
        using var target = new PooledBuffer();
        var reply = new GenerateContentReply();
        for (var i = 0; i < 50; i++)
        {
            var json = Encoding.UTF8.GetBytes($$$"""{"candidates":[{"content":{"parts":[{"functionCall":{"id":"c{{{i}}}","name":"f","args":{}},"thoughtSignature":"{{{new string('A', 4000)}}}"}]}}]}""");
            Assert.True(GenerateContentReader.TryRead(json, reply));
            translator.Write(reply, json, target);
        }

        Assert.True(translator.Kept > 50 * 4000);
    }

    private static (List<JsonNode> Chunks, bool Complete) Run(byte[] stream, int pieces)
    {
        using var events = new SseReader(LargestEvent);
        using var translator = new StreamTranslator(Translated.Shape(Request));
        using var target = new PooledBuffer();
        var reply = new GenerateContentReply();
        foreach (var data in SseReaderFeed.Events(events, stream, Math.Min(pieces, Math.Max(1, stream.Length))))
        {
            if (GenerateContentReader.TryRead(data, reply) && reply.IsRecognised && !reply.IsError)
            {
                translator.Write(reply, data, target);
                Assert.True(translator.Kept < 16L * (stream.Length + 4096), "It keeps more than it was sent.");
            }
        }

        var complete = translator.Judge() is AnswerVerdict.Complete;
        if (complete)
        {
            translator.Finish(reply.ResponseId, target);
        }

        var written = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(target.WrittenSpan);
        return ([.. written.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            Assert.StartsWith("data: {", line, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', line);
            return JsonNode.Parse(line["data: ".Length..])!;
        })], complete);
    }

    private static void AssertWellFormed(List<JsonNode> chunks, bool complete)
    {
        var finished = new HashSet<int>();
        var begun = new HashSet<int>();
        foreach (var choice in chunks.SelectMany(chunk => chunk["choices"]!.AsArray()))
        {
            var index = (int)choice!["index"]!;
            Assert.DoesNotContain(index, finished);
            Assert.Equal(begun.Add(index), choice["delta"]!["role"] is not null);
            if ((string?)choice["finish_reason"] is { } reason)
            {
                Assert.Contains(reason, (string[])["stop", "length", "tool_calls", "content_filter"]);
                finished.Add(index);
            }
        }

        Assert.Equal(complete ? begun : [], finished);
    }

    /// <summary>Ids are drawn anew each time.</summary>
    private static string Scrubbed(JsonNode chunk)
    {
        chunk["id"] = "";
        foreach (var call in chunk["choices"]!.AsArray().SelectMany(choice => choice!["delta"]!["tool_calls"]?.AsArray() ?? []))
        {
            call!["id"] = "";
        }

        return chunk.ToJsonString();
    }
}
