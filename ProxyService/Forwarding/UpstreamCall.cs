using System.Diagnostics;
using System.Net;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Upstream;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>One HTTP call to the upstream with its deadlines; everything that is no good answer becomes an outcome.</summary>
/// <param name="gemini">The client.</param>
/// <param name="options">The deadlines.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Jitter.</param>
internal sealed class UpstreamCall(GeminiClient gemini, IOptionsMonitor<GeminiOptions> options, TimeProvider time, Random random)
{
    private const int MaximumErrorBytes = 256 * 1024;
    private const int UnknownBytes = 8 * 1024;
    private const int LeastReadBytes = 256;

    /// <summary>The limits.</summary>
    public GeminiOptions Limits => options.CurrentValue;

    /// <summary>Begins a trace span for a call; it never holds the address's query or a key.</summary>
    public static Activity? BeginSpan(GatewayCall call)
    {
        var query = call.Method.IndexOf('?', StringComparison.Ordinal);
        var span = ProxyMetrics.Activities.HasListeners() ? ProxyMetrics.Activities.StartActivity("gemini " + (query < 0 ? call.Method : call.Method[..query]), ActivityKind.Client) : null;
        span?.SetTag("gen_ai.request.model", call.Model);
        return span;
    }

    /// <summary>Sends the request.</summary>
    /// <param name="call">The call; gets the upstream's status.</param>
    /// <param name="key">The key.</param>
    /// <param name="deadline">Ends the call; armed by the caller.</param>
    public async Task<HttpResponseMessage> SendAsync(GatewayCall call, Secret key, CancellationTokenSource deadline)
    {
        var content = new BorrowedContent(call.Body.Written);
        var (left, most) = (call.TimeLeft(time), Limits.FirstByteTimeout);
        deadline.CancelAfter(left < most && left > TimeSpan.Zero ? left : most);
        call.UpstreamStatus = null;
        try
        {
            var response = await gemini.CallAsync(call.Model, call.Method, call.KeyId, key, content, deadline.Token).ConfigureAwait(false);
            call.UpstreamStatus = (int)response.StatusCode;
            call.Record.HeadArrived();
            return response;
        }
        finally
        {
            call.BodyMayBeRead |= !content.IsAtRest;
        }
    }

    /// <summary>Classifies an answer that is not 200.</summary>
    public async Task<UpstreamOutcome> RefusalAsync(HttpResponseMessage response, CancellationTokenSource deadline)
    {
        using var body = new PooledBuffer();
        await ReadAsync(response, body, MaximumErrorBytes, deadline).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.ProxyAuthenticationRequired)
        {
            // Google never says this: a proxy before it refuses us.
            return new UpstreamOutcome.UpstreamFailed(UpstreamFault.Network) { OfProxy = true };
        }

        var retryAfter = response.Headers.RetryAfter;
        var wait = retryAfter?.Delta ?? (retryAfter?.Date - time.GetUtcNow());
        return Classify((int)response.StatusCode, wait, body.Written);
    }

    /// <summary>Classifies an error object.</summary>
    public UpstreamOutcome Classify(int status, TimeSpan? retryAfter, ReadOnlyMemory<byte> body) =>
        FailureClassifier.Classify(status, retryAfter, body, time.GetUtcNow(), random.NextDouble());

    /// <summary>A buffer for a whole body: of the right size where the upstream says it.</summary>
    public PooledBuffer BufferFor(HttpResponseMessage response) =>
        new(response.Content.Headers.ContentLength is { } length ? (int)Math.Min(length, Limits.MaximumEventBytes) + LeastReadBytes : UnknownBytes);

    /// <summary>Reads a whole body.</summary>
    /// <returns>False when it is longer than allowed; the buffer then holds its beginning.</returns>
    public async Task<bool> ReadAsync(HttpResponseMessage response, PooledBuffer body, int maximum, CancellationTokenSource deadline)
    {
        var stream = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
        var idle = Limits.IdleTimeout;

        // Of a body whose length is known the last read finds nothing, and needs next to no room.
        var room = response.Content.Headers.ContentLength is null ? UnknownBytes / 2 : LeastReadBytes;
        while (true)
        {
            var reading = stream.ReadAsync(body.GetMemory(room), deadline.Token);
            if (!reading.IsCompleted)
            {
                deadline.CancelAfter(idle);
            }

            var read = await reading.ConfigureAwait(false);
            if (read == 0)
            {
                return true;
            }

            body.Advance(read);
            if (body.Length > maximum)
            {
                return false;
            }
        }
    }

    /// <summary>What an exception of a call means.</summary>
    /// <param name="e">The exception.</param>
    /// <param name="key">The key's id.</param>
    /// <param name="deadline">The call's deadline.</param>
    /// <param name="client">Whether the client is still there.</param>
    public UpstreamOutcome OutcomeOf(Exception e, Guid key, CancellationTokenSource deadline, CancellationToken client) => e switch
    {
        _ when client.IsCancellationRequested => new UpstreamOutcome.Cancelled(),
        EventTooLargeException => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable),
        OperationCanceledException when deadline.IsCancellationRequested => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Timeout),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } when gemini.HasProxy(key) => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Network) { OfProxy = true },
        _ => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Network),
    };

    /// <summary>Whether an exception is one that calls end with.</summary>
    public static bool IsCallFailure(Exception e) => e is HttpRequestException or IOException or OperationCanceledException or EventTooLargeException or System.Net.Sockets.SocketException;
}
