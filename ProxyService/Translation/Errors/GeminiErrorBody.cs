using System.Buffers;
using System.Globalization;
using System.Text.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Errors;

/// <summary>An error as Gemini's clients understand it: <c>{"error":{"code","message","status","details"}}</c>.</summary>
internal static class GeminiErrorBody
{
    /// <summary>The domain of the reasons given: these errors are the gateway's, not Google's.</summary>
    private const string Domain = "gemini-balance";

    /// <summary>Writes the error object.</summary>
    public static void Write(OpenAiError error, IBufferWriter<byte> target)
    {
        using var writer = new Utf8JsonWriter(target);
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteNumber("code"u8, error.Status);
        writer.WriteString("message"u8, error.Message);
        writer.WriteString("status"u8, StatusOf(error.Status));
        writer.WriteStartArray("details"u8);
        WriteReason(error, writer);
        if (error.Param is not null)
        {
            WriteField(error, writer);
        }

        if (error.RetryAfter is { } wait)
        {
            WriteDelay(wait, writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Google's word for an HTTP status.</summary>
    public static string StatusOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "UNAUTHENTICATED",
        StatusCodes.Status403Forbidden => "PERMISSION_DENIED",
        StatusCodes.Status404NotFound => "NOT_FOUND",
        StatusCodes.Status405MethodNotAllowed => "UNIMPLEMENTED",
        StatusCodes.Status408RequestTimeout or StatusCodes.Status504GatewayTimeout => "DEADLINE_EXCEEDED",
        StatusCodes.Status409Conflict => "ABORTED",
        StatusCodes.Status429TooManyRequests => "RESOURCE_EXHAUSTED",
        StatusCodes.Status499ClientClosedRequest => "CANCELLED",
        StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable => "UNAVAILABLE",
        >= StatusCodes.Status500InternalServerError => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    };

    private static void WriteReason(OpenAiError error, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("@type"u8, "type.googleapis.com/google.rpc.ErrorInfo"u8);
        writer.WriteString("reason"u8, (error.Code ?? error.Type).ToUpperInvariant());
        writer.WriteString("domain"u8, Domain);
        writer.WriteEndObject();
    }

    private static void WriteField(OpenAiError error, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("@type"u8, "type.googleapis.com/google.rpc.BadRequest"u8);
        writer.WriteStartArray("fieldViolations"u8);
        writer.WriteStartObject();
        writer.WriteString("field"u8, error.Param);
        writer.WriteString("description"u8, error.Message);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteDelay(TimeSpan wait, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("@type"u8, "type.googleapis.com/google.rpc.RetryInfo"u8);
        writer.WriteString("retryDelay"u8, string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds))}s"));
        writer.WriteEndObject();
    }
}
