using System.Text;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Requests;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ProxyService.Translation.Streaming;
using GeminiBalance.ProxyService.Upstream;

namespace GeminiBalance.Bench;

/// <summary>What translating costs: a request, an answer, and a chunk of a stream.</summary>
internal static class TranslationBench
{
    private const string Model = "gemini-2.5-flash";
    private const int Events = 100;

    public static Task RunAsync()
    {
        Measure.Print("request, 1 KB: system and 3 turns", Request(TurnsOf(200)));
        Measure.Print("request, 104 KB: system and 3 turns", Request(TurnsOf(34_000)));
        Measure.Print("answer, 1.5 KB of text", Answer(1_500));
        Measure.Print("answer, 100 KB of text", Answer(100_000));
        Measure.Print("event of a stream, 290 bytes, read and translated", Stream(), Events);
        return Task.CompletedTask;
    }

    private static Action Request(byte[] body)
    {
        var target = new PooledBuffer(body.Length + 4096);
        return () =>
        {
            target.Clear();
            var request = ChatRequestReader.Read(body, out _)!;
            GenerateContentWriter.Write(request, body, ModelProfiles.Default.For(Model), TranslationOptions.Plain, target);
        };
    }

    private static Action Answer(int length)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"candidates":[{"content":{"parts":[{"text":"{{Words(length)}}"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":200,"candidatesTokenCount":300,"totalTokenCount":500,"promptTokensDetails":[{"modality":"TEXT","tokenCount":200}]},"modelVersion":"gemini-2.5-flash","responseId":"abcdefghijklmnop"}""");
        var shape = new AnswerShape(new AnswerEnvelope(JsonText.Quote(Model), 1_700_000_000), new ChatRequest { Model = Model, IncludeUsage = true });
        var target = new PooledBuffer(body.Length + 4096);
        var signed = new List<SignedCall>();
        return () =>
        {
            target.Clear();
            var reply = new GenerateContentReply();
            GenerateContentReader.TryRead(body, reply);
            ChatCompletionWriter.Write(reply, body, shape, target, signed);
        };
    }

    private static Action Stream()
    {
        var text = new StringBuilder();
        for (var i = 0; i < Events; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""data: {"candidates": [{"content": {"parts": [{"text": "{{Words(70)}}"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 200,"candidatesTokenCount": {{i}},"totalTokenCount": {{200 + i}}},"modelVersion": "gemini-2.5-flash","responseId": "abcdefghijklmnop"}""").Append("\r\n\r\n");
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        var shape = new AnswerShape(new AnswerEnvelope(JsonText.Quote(Model), 1_700_000_000), new ChatRequest { Model = Model, IncludeUsage = true });
        var target = new PooledBuffer(16 * 1024);
        return () =>
        {
            using var events = new SseReader(1024 * 1024);
            using var chat = new StreamTranslator(shape);
            var reply = new GenerateContentReply { Pattern = new EventPattern() };
            var rest = bytes.AsSpan();
            while (rest.Length > 0)
            {
                var piece = rest[..Math.Min(rest.Length, 1024)];
                piece.CopyTo(events.GetMemory().Span);
                events.Advance(piece.Length);
                rest = rest[piece.Length..];
                target.Clear();
                while (events.TryRead(out var data))
                {
                    GenerateContentReader.TryRead(data.Span, reply);
                    chat.Write(reply, data.Span, target);
                }
            }

            chat.Finish(reply.ResponseId, target);
        };
    }

    private static byte[] TurnsOf(int length) => Encoding.UTF8.GetBytes(
        $$"""{"model":"{{Model}}","temperature":0.7,"max_tokens":500,"messages":[{"role":"system","content":"You are brief."},{"role":"user","content":"{{Words(length)}}"},{"role":"assistant","content":"{{Words(length)}}"},{"role":"user","content":[{"type":"text","text":"{{Words(length)}}"}]}]}""");

    private static string Words(int length) => string.Concat(Enumerable.Repeat("lorem ipsum dolor ", (length / 18) + 1))[..length];
}
