using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.Bench.Gateway;

/// <summary>An upstream that costs next to nothing: the same answers always, 1.5 KB at once or 20 events of about 290 bytes.</summary>
internal static class UpstreamServer
{
    /// <summary>The model whose streams take five seconds.</summary>
    public const string SlowModel = "gemini-2.5-pro";

    /// <summary>The model that answers at once.</summary>
    public const string Model = "gemini-2.5-flash";

    /// <summary>Events in a stream.</summary>
    public const int Events = 20;

    private static readonly TimeSpan SlowGap = TimeSpan.FromMilliseconds(250);
    private static readonly byte[] Answer = Encoding.UTF8.GetBytes(Reply(Words(1200), "\"finishReason\":\"STOP\","));
    private static readonly byte[][] Stream = [.. Enumerable.Range(1, Events).Select(i => Encoding.UTF8.GetBytes($"data: {Reply(Words(40), i == Events ? "\"finishReason\":\"STOP\"," : "")}\r\n\r\n"))];
    private static readonly byte[] Models = Encoding.UTF8.GetBytes($$"""{"models":[{{Offered(Model)}},{{Offered(SlowModel)}}]}""");

    /// <summary>Serves until the process is told to end.</summary>
    public static async Task RunAsync(string address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync().ConfigureAwait(false);
        await BenchProcess.ParentEndsAsync().ConfigureAwait(false);
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(System.IO.Stream.Null).ConfigureAwait(false);
        var path = context.Request.Path.Value!;
        var response = context.Response;
        if (path.EndsWith(":streamGenerateContent", StringComparison.Ordinal))
        {
            response.ContentType = "text/event-stream";
            var slow = path.Contains(SlowModel, StringComparison.Ordinal);
            foreach (var piece in Stream)
            {
                await response.Body.WriteAsync(piece).ConfigureAwait(false);
                await response.Body.FlushAsync().ConfigureAwait(false);
                if (slow)
                {
                    await Task.Delay(SlowGap, context.RequestAborted).ConfigureAwait(false);
                }
            }

            return;
        }

        var body = HttpMethods.IsGet(context.Request.Method) ? Models : Answer;
        response.ContentType = "application/json; charset=UTF-8";
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body).ConfigureAwait(false);
    }

    private static string Reply(string text, string finish) =>
        $$$"""{"candidates":[{"content":{"parts":[{"text":"{{{text}}}"}],"role":"model"},{{{finish}}}"index":0}],"usageMetadata":{"promptTokenCount":250,"candidatesTokenCount":300,"totalTokenCount":550},"modelVersion":"gemini-2.5-flash","responseId":"bench"}""";

    private static string Offered(string model) =>
        $$"""{"name":"models/{{model}}","version":"001","displayName":"{{model}}","inputTokenLimit":1048576,"outputTokenLimit":65536,"supportedGenerationMethods":["generateContent","countTokens"]}""";

    private static string Words(int length) => string.Join(' ', Enumerable.Repeat("gateway", (length / 8) + 1))[..length];
}
