using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Keys;
using GeminiBalance.GeminiSimulator.Scripts;
using GeminiBalance.GeminiSimulator.Wire;

namespace GeminiBalance.GeminiSimulator.Endpoints;

/// <summary>A call being answered. What is sent goes through it, so that the ledger knows.</summary>
internal sealed class OpenCall(HttpContext context, string model, string method, DateTimeOffset at, int opened)
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = Compact with { Indented = true };

    private readonly long started = Stopwatch.GetTimestamp();

    public HttpContext Context => context;

    /// <summary>The model asked, or empty.</summary>
    public string Model => model;

    public string Method => method;

    /// <summary>When it arrived, by the simulator's clock.</summary>
    public DateTimeOffset At => at;

    /// <summary>What the ledger gave out when it arrived.</summary>
    public int Opened => opened;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(started);

    /// <summary>The key as sent; empty for none.</summary>
    public string Value { get; init; } = "";

    public bool KeyInUrl { get; init; }

    /// <summary>The key, when known.</summary>
    public SimulatedKey? Key { get; init; }

    /// <summary>The script that applies.</summary>
    public Script? Script { get; set; }

    /// <summary>The error it ends with at once.</summary>
    public GoogleError? Error { get; set; }

    /// <summary>What its text calls it.</summary>
    public string? Tag { get; set; }

    /// <summary>How it ended.</summary>
    public string? Outcome { get; set; }

    /// <summary>The <c>usageMetadata</c> sent last.</summary>
    public JsonNode? Usage { get; set; }

    /// <summary>Tokens of the answer that only the event sent last told.</summary>
    public int LastEventTokens { get; private set; }

    /// <summary>Stream events sent whole.</summary>
    public int Events { get; set; }

    public long Bytes { get; private set; }

    public bool Streams => method == "streamGenerateContent";

    /// <summary>Whether it wants server-sent events.</summary>
    public bool Sse { get; } = context.Request.Query["alt"] == "sse" || context.Request.Query["$alt"] == "sse";

    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>Sends a whole JSON body as Google does: indented, UTF-8; an error of a stream that is no event stream comes as a list of one.</summary>
    public Task SendAsync(int status, JsonNode body)
    {
        Begin(status, "application/json; charset=UTF-8");
        if (Streams && !Sse && status >= 400)
        {
            body = new JsonArray(body);
        }

        return SendAsync(Serialize(body, Indented));
    }

    /// <summary>Sends one event, or one element of a JSON list.</summary>
    public async Task SendEventAsync(JsonNode message)
    {
        var json = Serialize(message, Compact);
        byte[] framed = Sse ? [.. "data: "u8, .. json.Span, .. "\r\n\r\n"u8] : [.. Events == 0 ? "["u8 : ",\r\n"u8, .. json.Span];
        await SendAsync(framed).ConfigureAwait(false);
        LastEventTokens = AnswerTokens(message["usageMetadata"]) - AnswerTokens(Usage);
        Usage = message["usageMetadata"];
        Events++;
    }

    /// <summary>Says how an answer begins; nothing is sent yet.</summary>
    public void Begin(int status, string contentType)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await context.Response.Body.WriteAsync(bytes, Aborted).ConfigureAwait(false);
        Bytes += bytes.Length;
    }

    /// <summary>A JSON body as sent.</summary>
    public static ReadOnlyMemory<byte> Text(JsonNode body) => Serialize(body, Indented);

    private static int AnswerTokens(JsonNode? usage) => ((int?)usage?["candidatesTokenCount"] ?? 0) + ((int?)usage?["thoughtsTokenCount"] ?? 0);

    private static ReadOnlyMemory<byte> Serialize(JsonNode body, JsonWriterOptions options)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, options);
        body.WriteTo(writer);
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
