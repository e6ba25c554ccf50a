using System.Buffers;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Errors;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary>Errors of requests that are no operation: unknown paths, wrong methods, faults of the gateway.</summary>
internal static class ErrorResponses
{
    /// <summary>Writes an error, if nothing has gone out yet.</summary>
    /// <param name="context">The request.</param>
    /// <param name="error">The error.</param>
    /// <param name="allow">Methods the path knows, for the header <c>Allow</c>.</param>
    /// <param name="closes">Whether the connection ends with the answer.</param>
    public static async Task WriteAsync(HttpContext context, OpenAiError error, string? allow = null, bool closes = false)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.Clear();
        context.Response.StatusCode = error.Status;
        context.Response.ContentType = "application/json";
        context.Response.Headers["x-request-id"] = Guid.CreateVersion7().ToString();
        if (closes)
        {
            context.Response.Headers.Connection = "close";
        }

        if (allow is not null)
        {
            context.Response.Headers.Allow = allow;
        }

        using var buffer = new PooledBuffer(512);
        ErrorBody.Write(RequestDialect.Of(context.Request), error, buffer);
        context.Response.ContentLength = buffer.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.BodyWriter.Write(buffer.WrittenSpan);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }
    }
}
