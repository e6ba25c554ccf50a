using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Translation.Errors;
using GeminiBalance.ProxyService.Translation.Responses;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>Every recorded answer of Gemini beside what a client gets for it: reviewed pairs. A changed translation shows as a changed file.</summary>
public sealed partial class RecordedAnswerTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Names => [.. Recorded.Names("unary-*.json").Concat(Recorded.Names("streaming-*.txt"))];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task RecordedAnswer_IsTranslatedAsReviewed(string name)
    {
        var translated = Scrubbed(name.Contains("/unary-", StringComparison.Ordinal) ? Whole(Recorded.Bytes(name)) : Streamed(Recorded.Bytes(name)));
        var reviewed = Path.Combine(SourceFolder(), "..", "Fixtures", "translated", Path.ChangeExtension(name, ".openai.json"));
        if (!File.Exists(reviewed))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(reviewed)!);
            await File.WriteAllTextAsync(reviewed.Replace(".openai.json", ".received.json", StringComparison.Ordinal), translated, TestContext.Current.CancellationToken);
        }

        Assert.True(File.Exists(reviewed), $"{name} has no reviewed translation: review the .received.json beside where it should be, and rename it to .openai.json.");
        Assert.Equal(await File.ReadAllTextAsync(reviewed, TestContext.Current.CancellationToken), translated);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void RecordedStream_CutAnyhow_GivesTheSameChunks(string name)
    {
        if (!name.Contains("/streaming-success", StringComparison.Ordinal))
        {
            return;
        }

        var whole = string.Join('\n', Translated.Stream(Recorded.Bytes(name), Translated.PlainRequest, 1 << 20, out _).Select(chunk => CallId().Replace(chunk.ToJsonString(), "call_")));

        foreach (var pieces in (int[])[1, 7, 100])
        {
            Assert.Equal(Id().Replace(whole, "chatcmpl-"), Id().Replace(string.Join('\n', Translated.Stream(Recorded.Bytes(name), Translated.PlainRequest, pieces, out _).Select(chunk => CallId().Replace(chunk.ToJsonString(), "call_"))), "chatcmpl-"));
        }
    }

    private static JsonNode Whole(byte[] json)
    {
        var reply = new GenerateContentReply();
        if (!GenerateContentReader.TryRead(json, reply) || reply.IsError || !reply.IsRecognised)
        {
            return Refused(json);
        }

        return reply.IsBlocked && reply.Candidates.Count == 0 ? $"blocked: {reply.BlockReason}"
            : ChatCompletionWriter.Judge(reply) is AnswerVerdict.Empty empty ? $"empty: {empty.Code} {empty.Message}"
            : Translated.Answer(json);
    }

    private static JsonNode Streamed(byte[] stream)
    {
        if (GeminiErrorReader.Read(stream) is not null)
        {
            return Refused(stream);
        }

        var chunks = Translated.Stream(stream, """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"stream":true,"stream_options":{"include_usage":true}}""", 4096, out var verdict);
        return verdict is AnswerVerdict.Empty empty ? $"empty: {empty.Code}" : new JsonArray([.. chunks]);
    }

    private static JsonNode Refused(byte[] json)
    {
        if (GeminiErrorReader.Read(json) is not { } error)
        {
            return "unreadable";
        }

        var outcome = FailureClassifier.Classify(error.Code, null, json, new DateTimeOffset(2026, 3, 4, 12, 0, 0, TimeSpan.Zero), 0);
        var told = ErrorTranslation.Translate(outcome, null);
        return new JsonObject { ["outcome"] = outcome.Class.ToString(), ["blame"] = outcome.Blame.ToString(), ["status"] = told.Status, ["type"] = told.Type, ["code"] = told.Code, ["param"] = told.Param, ["message"] = told.Message };
    }

    private static string Scrubbed(JsonNode translated) =>
        CallId().Replace(Id().Replace(translated.ToJsonString(Indented).ReplaceLineEndings("\n"), "chatcmpl-0"), "call_0") + "\n";

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    [GeneratedRegex("chatcmpl-[A-Za-z0-9_-]+", RegexOptions.NonBacktracking)]
    private static partial Regex Id();

    [GeneratedRegex("call_[A-Za-z0-9]{24}", RegexOptions.NonBacktracking)]
    private static partial Regex CallId();
}
