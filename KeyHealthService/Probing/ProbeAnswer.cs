using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.KeyHealthService.Probing;

/// <summary>What the upstream answered to a probe, classified. Pure.</summary>
/// <param name="Outcome">The class; only key classes and success mean anything for a key.</param>
/// <param name="Status">The HTTP status; null when no answer came.</param>
/// <param name="Reason">The upstream's own word.</param>
internal sealed record ProbeAnswer(UpstreamOutcomeClass Outcome, int? Status, string? Reason)
{
    /// <summary>Reads an answer. A body that is no Google answer is somebody else's: a captive proxy says nothing about a key.</summary>
    public static ProbeAnswer Read(int status, ReadOnlyMemory<byte> body)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return new ProbeAnswer(UpstreamOutcomeClass.UpstreamError, status, null);
        }

        using (document)
        {
            var root = document.RootElement;
            root = root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0 ? root[0] : root;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return new ProbeAnswer(UpstreamOutcomeClass.UpstreamError, status, null);
            }

            if (status == 200)
            {
                var listed = root.TryGetProperty("models", out _) || !root.EnumerateObject().Any();
                return new ProbeAnswer(listed ? UpstreamOutcomeClass.Succeeded : UpstreamOutcomeClass.UpstreamError, status, null);
            }

            return root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                ? OfError(status, error)
                : new ProbeAnswer(status >= 500 ? UpstreamOutcomeClass.UpstreamError : UpstreamOutcomeClass.ClientError, status, null);
        }
    }

    private static ProbeAnswer OfError(int status, JsonElement error)
    {
        var message = Text(error, "message") ?? "";
        var reason = ErrorInfoReason(error);
        return status switch
        {
            400 when reason is "API_KEY_INVALID" => new(UpstreamOutcomeClass.KeyInvalid, status, reason),
            400 when message.Contains("enable billing", StringComparison.OrdinalIgnoreCase) => new(UpstreamOutcomeClass.BillingRequired, status, reason),
            400 => new(UpstreamOutcomeClass.ClientError, status, reason),
            401 when reason is not "CREDENTIALS_MISSING" => new(UpstreamOutcomeClass.KeyInvalid, status, reason ?? "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
            402 => new(UpstreamOutcomeClass.BillingRequired, status, reason),
            403 when reason is "IAM_PERMISSION_DENIED" || message.Contains("unregistered callers", StringComparison.OrdinalIgnoreCase) => new(UpstreamOutcomeClass.ClientError, status, reason),
            403 when message.Contains("leaked", StringComparison.OrdinalIgnoreCase) => new(UpstreamOutcomeClass.KeyForbidden, status, "API_KEY_LEAKED"),
            403 when message.Contains("has been suspended", StringComparison.OrdinalIgnoreCase) => new(UpstreamOutcomeClass.KeyForbidden, status, "CONSUMER_SUSPENDED"),
            403 => new(UpstreamOutcomeClass.KeyForbidden, status, reason ?? Text(error, "status")),
            429 => new(UpstreamOutcomeClass.Overloaded, status, reason),
            >= 500 => new(UpstreamOutcomeClass.UpstreamError, status, reason),
            _ => new(UpstreamOutcomeClass.ClientError, status, reason),
        };
    }

    private static string? ErrorInfoReason(JsonElement error) =>
        error.TryGetProperty("details", out var details) && details.ValueKind == JsonValueKind.Array
            ? details.EnumerateArray()
                .Where(detail => detail.ValueKind == JsonValueKind.Object && Text(detail, "@type")?.EndsWith("ErrorInfo", StringComparison.Ordinal) == true)
                .Select(detail => Text(detail, "reason"))
                .FirstOrDefault(reason => reason is not null)
            : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
