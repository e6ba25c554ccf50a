using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Requests;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ProxyService.Translation.Streaming;
using GeminiBalance.ProxyService.Upstream;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>Runs the translation as the gateway does, without the gateway.</summary>
internal static class Translated
{
    public const string PlainRequest = """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]}""";

    /// <summary>A request in Gemini's form.</summary>
    public static JsonNode Request(string openAi, out ChatRequest request, TranslationOptions? options = null)
    {
        request = Read(openAi);
        return Request(request, openAi, options);
    }

    /// <summary>A request that was read already, in Gemini's form.</summary>
    public static JsonNode Request(ChatRequest request, string openAi, TranslationOptions? options = null)
    {
        using var target = new PooledBuffer();
        GenerateContentWriter.Write(request, Encoding.UTF8.GetBytes(openAi), ModelProfiles.Default.For(request.Model), options ?? TranslationOptions.Plain, target);
        return JsonNode.Parse(target.WrittenSpan)!;
    }

    /// <summary>A request in Gemini's form.</summary>
    public static JsonNode Request(string openAi, TranslationOptions? options = null) => Request(openAi, out _, options);

    /// <summary>The error a request is refused with, while it is read or while it is translated.</summary>
    public static OpenAiError Refusal(string openAi, TranslationOptions? options = null)
    {
        var body = Encoding.UTF8.GetBytes(openAi);
        var request = ChatRequestReader.Read(body, out var error);
        if (request is null)
        {
            return error!;
        }

        using var target = new PooledBuffer();
        return Assert.Throws<RequestRefusedException>(() => GenerateContentWriter.Write(request, body, ModelProfiles.Default.For(request.Model), options ?? TranslationOptions.Plain, target)).Error;
    }

    /// <summary>A request that must be readable.</summary>
    public static ChatRequest Read(string openAi)
    {
        var request = ChatRequestReader.Read(Encoding.UTF8.GetBytes(openAi), out var error);
        Assert.True(request is not null, $"{error?.Param}: {error?.Message}");
        return request;
    }

    /// <summary>A whole answer in OpenAI's form.</summary>
    public static JsonNode Answer(byte[] gemini, string request = PlainRequest) => Answer(gemini, request, out _);

    /// <summary>A whole answer in OpenAI's form.</summary>
    public static JsonNode Answer(string gemini, string request = PlainRequest) => Answer(Encoding.UTF8.GetBytes(gemini), request, out _);

    /// <summary>A whole answer in OpenAI's form, and the calls that carry a signature.</summary>
    public static JsonNode Answer(byte[] gemini, string request, out List<SignedCall> signed)
    {
        var reply = new GenerateContentReply();
        Assert.True(GenerateContentReader.TryRead(gemini, reply));
        using var target = new PooledBuffer();
        signed = [];
        ChatCompletionWriter.Write(reply, gemini, Shape(request), target, signed);
        return JsonNode.Parse(target.WrittenSpan)!;
    }

    /// <summary>A stream as the chunks a client gets, the end mark not among them.</summary>
    public static List<JsonNode> Stream(byte[] gemini, string request = PlainRequest) => Stream(gemini, request, 4096, out _);

    /// <summary>A stream as the chunks a client gets.</summary>
    public static List<JsonNode> Stream(string gemini, string request = PlainRequest) => Stream(Encoding.UTF8.GetBytes(gemini.ReplaceLineEndings("\n")), request, 4096, out _);

    /// <summary>A stream, read in pieces, as the chunks a client gets.</summary>
    public static List<JsonNode> Stream(byte[] gemini, string request, int pieces, out AnswerVerdict verdict) => Stream(gemini, request, pieces, out verdict, out _);

    /// <summary>A stream as the chunks a client gets, and the calls and answers that need something when they come back.</summary>
    public static List<JsonNode> Stream(byte[] gemini, string request, out List<SignedCall> signed) => Stream(gemini, request, 4096, out _, out signed);

    private static List<JsonNode> Stream(byte[] gemini, string request, int pieces, out AnswerVerdict verdict, out List<SignedCall> signed)
    {
        using var events = new SseReader(1 << 22);
        using var translator = new StreamTranslator(Shape(request));
        using var target = new PooledBuffer();
        var reply = new GenerateContentReply();
        foreach (var data in SseReaderFeed.Events(events, gemini, pieces).Select(data => data.AsMemory()))
        {
            if (GenerateContentReader.TryRead(data.Span, reply) && reply.IsRecognised)
            {
                translator.Write(reply, data.Span, target);
            }
        }

        verdict = translator.Judge();
        if (verdict is AnswerVerdict.Complete)
        {
            translator.Finish(reply.ResponseId, target);
        }

        signed = translator.Signed;
        var lines = Encoding.UTF8.GetString(target.WrittenSpan).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.StartsWith("data: {", line, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.DoesNotContain('\n', line));
        return [.. lines.Select(line => JsonNode.Parse(line["data: ".Length..])!)];
    }

    /// <summary>How the answer to a request must look.</summary>
    public static AnswerShape Shape(string request) => new(new AnswerEnvelope(JsonText.Quote(Read(request).Model), 1_700_000_000), Read(request));

    /// <summary>One event of a stream.</summary>
    public static string Event(string json) => $"data: {json}\n\n";
}
