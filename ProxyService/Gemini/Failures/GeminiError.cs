namespace GeminiBalance.ProxyService.Gemini.Failures;

/// <summary>The error object of a Google API.</summary>
/// <param name="Code"><c>error.code</c>; 0 when absent.</param>
/// <param name="Status"><c>error.status</c>, for example <c>INVALID_ARGUMENT</c>; empty when absent.</param>
/// <param name="Message"><c>error.message</c>; may hold a key.</param>
/// <param name="Reason"><c>ErrorInfo.reason</c>; empty when absent.</param>
/// <param name="Metadata"><c>ErrorInfo.metadata</c>.</param>
/// <param name="Violations"><c>QuotaFailure.violations</c>.</param>
/// <param name="RetryDelay"><c>RetryInfo.retryDelay</c>.</param>
/// <param name="Field">The first <c>BadRequest.fieldViolations[].field</c>.</param>
/// <param name="IsAboutFields">Whether there are <c>BadRequest.fieldViolations</c> at all: a field at the top of the request has no path.</param>
/// <param name="DebugDetail"><c>DebugInfo.detail</c>; may hold a key, never shown.</param>
internal sealed record GeminiError(
    int Code,
    string Status,
    string Message,
    string Reason,
    IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<QuotaViolation> Violations,
    TimeSpan? RetryDelay,
    string? Field,
    bool IsAboutFields,
    string DebugDetail)
{
    /// <summary>No error object at all.</summary>
    public static GeminiError None { get; } = new(0, "", "", "", new Dictionary<string, string>(), [], null, null, false, "");
}

/// <summary>One exhausted quota.</summary>
/// <param name="Metric"><c>quotaMetric</c>.</param>
/// <param name="Id"><c>quotaId</c>: names period and unit.</param>
/// <param name="Model"><c>quotaDimensions.model</c>: the bucket, which may differ from the model asked for.</param>
/// <param name="Value"><c>quotaValue</c>; null when absent.</param>
internal sealed record QuotaViolation(string Metric, string Id, string? Model, long? Value);
