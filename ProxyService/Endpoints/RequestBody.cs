using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary>Takes a JSON body in: form, size and encoding, not yet its content.</summary>
internal static class RequestBody
{
    /// <summary>The most bytes of any body.</summary>
    public const int MaximumBytes = 20 * 1024 * 1024;

    private const int UsualBytes = 4096;
    private const int LeastBytes = 256;

    /// <summary>Up to here memory is taken on a client's word for how much will come; beyond, as it comes.</summary>
    private const int TrustedBytes = 128 * 1024;

    /// <summary>A buffer for a request's body: no larger than it must be, for a stream keeps it to its end.</summary>
    public static PooledBuffer Buffer(HttpRequest request) => new((int)Math.Clamp(request.ContentLength ?? UsualBytes, LeastBytes, TrustedBytes));

    /// <summary>Takes the body in.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">Gets the bytes, without a byte order mark.</param>
    /// <param name="maximum">The most bytes of this operation's body.</param>
    /// <returns>Why it is refused; null when it is not.</returns>
    public static ValueTask<OpenAiError?> TakeAsync(HttpContext context, PooledBuffer target, int maximum = MaximumBytes) =>
        CheckHead(context.Request, maximum) is { } refused ? new(refused) : ReadAsync(context, target, maximum);

    private static OpenAiError? CheckHead(HttpRequest request, int maximum)
    {
        if (request.ContentLength > maximum)
        {
            return OpenAiError.TooLarge;
        }

        if (request.Headers.ContentEncoding is { Count: > 0 } encodings && !encodings.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return Unsupported("unsupported_content_encoding", "Compressed request bodies are not supported: send no Content-Encoding.");
        }

        return IsJson(request.ContentType) ? null : Unsupported("unsupported_media_type", "The request body must be JSON in UTF-8: send 'Content-Type: application/json'.");
    }

    private static async ValueTask<OpenAiError?> ReadAsync(HttpContext context, PooledBuffer target, int maximum)
    {
        var reader = context.Request.BodyReader;
        try
        {
            for (var isWhole = false; !isWhole;)
            {
                var read = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
                if (target.Length + read.Buffer.Length > maximum)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    return OpenAiError.TooLarge;
                }

                foreach (var piece in read.Buffer)
                {
                    target.Append(piece.Span);
                }

                reader.AdvanceTo(read.Buffer.End);
                isWhole = read.IsCompleted;
            }
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => OpenAiError.TooLarge,
                StatusCodes.Status408RequestTimeout => new OpenAiError(StatusCodes.Status408RequestTimeout, OpenAiErrorTypes.InvalidRequest, "request_timeout", "The request body came too slowly."),
                _ => OpenAiError.Invalid("invalid_body", "The request body is malformed."),
            };
        }
        catch (IOException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // A malformed chunk surfaces as a plain IOException.
            return OpenAiError.Invalid("invalid_body", "The request body is malformed.");
        }

        if (target.WrittenSpan.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            target.RemoveFront(3);
        }

        return null;
    }

    private static bool IsJson(string? contentType)
    {
        if (contentType is "application/json" or "application/json; charset=utf-8")
        {
            return true;
        }

        if (contentType is null || !System.Net.Http.Headers.MediaTypeHeaderValue.TryParse(contentType, out var type) || type.MediaType is not { } media)
        {
            return false;
        }

        var charset = type.CharSet?.Trim('"');
        return (media.Equals("application/json", StringComparison.OrdinalIgnoreCase) || media.Equals("text/json", StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase))
            && (string.IsNullOrEmpty(charset) || charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || charset.Equals("utf8", StringComparison.OrdinalIgnoreCase) || charset.Equals("us-ascii", StringComparison.OrdinalIgnoreCase));
    }

    private static OpenAiError Unsupported(string code, string message) => new(StatusCodes.Status415UnsupportedMediaType, OpenAiErrorTypes.InvalidRequest, code, message);
}
