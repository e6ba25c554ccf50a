using System.Buffers;
using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Limits;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Translation.Errors;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>The answer to one client: knows what has gone out already, and therefore in which form an error can still be told.</summary>
/// <param name="context">The client's request.</param>
/// <param name="record">What is known of it.</param>
/// <param name="warnings">What was left out or changed.</param>
/// <param name="dialect">In whose form errors are told.</param>
internal sealed class ClientAnswer(HttpContext context, RequestRecord record, IReadOnlyList<string> warnings, ClientDialect dialect)
{
    private const int LongestWarnings = 2000;
    private static readonly byte[] Comment = ": keep-alive\n\n"u8.ToArray();
    private static readonly byte[] Blank = "\n"u8.ToArray();
    private static readonly TimeSpan LongestUsefulWait = TimeSpan.FromSeconds(60);

    /// <summary>The media type of a stream.</summary>
    public string StreamType { get; set; } = "text/event-stream; charset=utf-8";

    /// <summary>Whether a stream is one of events, which know comments.</summary>
    public bool KeepsAliveWithComments { get; set; } = true;

    /// <summary>What is left of the access key's limits; null when it has none.</summary>
    public (LimitVerdict Verdict, AccessKeyLimits Limits)? Limits { get; set; }

    /// <summary>Whether the gateway may not call again either: clients are asked not to try themselves.</summary>
    public bool IsRetryUseless { get; set; }

    /// <summary>Whether the status has gone out.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether any content of a stream has gone out: from then on no other key can take over.</summary>
    public bool HasContent { get; private set; }

    /// <summary>The status that went out, or will.</summary>
    public int Status => context.Response.StatusCode;

    /// <summary>Sends a whole JSON answer.</summary>
    public async Task SendJsonAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        SetHeaders();
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        HasBegun = true;
        await context.Response.BodyWriter.WriteAsync(json, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins a stream and sends a comment that keeps it open; blanks, where it is no stream of events.</summary>
    public Task KeepAliveAsync(CancellationToken cancellationToken) => SendAsync(KeepsAliveWithComments ? Comment : Blank, cancellationToken);

    /// <summary>Sends chunks with content; begins the stream if need be.</summary>
    public Task SendContentAsync(ReadOnlyMemory<byte> chunks, CancellationToken cancellationToken)
    {
        HasContent = true;
        return SendAsync(chunks, cancellationToken);
    }

    /// <summary>Leaves the last chunks of a stream: they go out together with its end, when the request is over.</summary>
    public void SendLast(ReadOnlySpan<byte> chunks)
    {
        HasContent = true;
        BeginStream();
        context.Response.BodyWriter.Write(chunks);
    }

    /// <summary>Sends an error: as a status and JSON, or as the last event of a stream that has begun.</summary>
    /// <param name="error">The error.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task FailAsync(OpenAiError error, CancellationToken cancellationToken)
    {
        using var buffer = new PooledBuffer(512);
        if (HasBegun)
        {
            buffer.Append("data: "u8);
            ErrorBody.Write(dialect, error, buffer);
            buffer.Append("\n\n"u8);
            await SendAsync(buffer.Written, cancellationToken).ConfigureAwait(false);
            return;
        }

        context.Response.StatusCode = error.Status;
        var headers = context.Response.Headers;
        if (error.RetryAfter is { } wait)
        {
            headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        // Clients retry by themselves: useless after retries of ours, or where no more are allowed, and when the wait is longer than they are willing to wait.
        if (record.Attempts > 1 || IsRetryUseless || error.RetryAfter > LongestUsefulWait)
        {
            headers["x-should-retry"] = "false";
        }

        ErrorBody.Write(dialect, error, buffer);
        await SendJsonAsync(buffer.Written, cancellationToken).ConfigureAwait(false);
    }

    private void BeginStream()
    {
        if (HasBegun)
        {
            return;
        }

        SetHeaders();
        context.Response.ContentType = StreamType;
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        HasBegun = true;
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        BeginStream();
        await context.Response.BodyWriter.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
    }

    private void SetHeaders()
    {
        var headers = context.Response.Headers;
        headers["x-request-id"] = record.Id.ToString();
        if (Limits is { } limits)
        {
            LimitErrors.Write(headers, limits.Verdict, limits.Limits);
        }

        if (record.AttemptsBegun > 0)
        {
            headers["x-gb-attempts"] = record.AttemptsBegun.ToString(CultureInfo.InvariantCulture);
        }

        if (record.ModelServed is { } served && !served.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            headers["x-gb-model-version"] = served;
        }

        if (warnings.Count > 0)
        {
            var text = string.Join("; ", warnings);
            headers["x-gb-warnings"] = Printable(text.Length > LongestWarnings ? text[..LongestWarnings] : text);
        }
    }

    /// <summary>Warnings may name fields by the client's own words, which a header cannot hold whatever they are.</summary>
    private static string Printable(string text) => string.Create(text.Length, text, static (target, source) =>
    {
        for (var i = 0; i < source.Length; i++)
        {
            target[i] = source[i] is >= ' ' and <= '~' ? source[i] : '?';
        }
    });
}
