using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Errors;

/// <summary>What a client is told of an upstream outcome, when no further call is made. An upstream's 401 or 403 never becomes the client's.</summary>
internal static class ErrorTranslation
{
    /// <summary>Translates an outcome.</summary>
    /// <param name="outcome">Any outcome but an answer.</param>
    /// <param name="secret">The key that was used, to be kept out of the message.</param>
    public static OpenAiError Translate(UpstreamOutcome outcome, string? secret) => outcome switch
    {
        UpstreamOutcome.RequestRefused refused => Refused(refused, Redaction.Redact(refused.Detail, secret)),
        UpstreamOutcome.ModelNotFound notFound => OpenAiError.ModelNotFound(Said("The upstream does not know this model.", Redaction.Redact(notFound.Detail, secret))),
        UpstreamOutcome.KeyRefused { Fault: KeyFault.Billing } => OpenAiError.NoAvailableKeys with { Code = "insufficient_quota", Message = "The upstream account has no credit left." },
        UpstreamOutcome.KeyRefused => OpenAiError.NoAvailableKeys,
        UpstreamOutcome.QuotaExhausted quota => Exhausted(quota),
        UpstreamOutcome.UpstreamFailed failed => Failed(failed, Redaction.Redact(failed.Detail, secret)),
        _ => OpenAiError.Internal,
    };

    private static OpenAiError Refused(UpstreamOutcome.RequestRefused refused, string said) => refused.Fault switch
    {
        RequestFault.InvalidField => OpenAiError.Invalid("invalid_value", Said("The upstream refused a value.", said), ClientField(refused.Field)),
        RequestFault.ContextTooLong => OpenAiError.Invalid("context_length_exceeded", Said("The messages are too long for this model.", said), "messages"),
        RequestFault.NotSupportedByModel => OpenAiError.Invalid("unsupported_value", Said("The model does not support this.", said), ClientField(RefusedFeatureReading.Of(refused))),
        RequestFault.ThoughtSignature => OpenAiError.Invalid("invalid_thought_signature", Said("The thought signatures of the conversation are missing or wrong.", said), "messages"),
        RequestFault.TooLarge => OpenAiError.TooLarge,
        RequestFault.ResourceNotFound => new OpenAiError(StatusCodes.Status404NotFound, OpenAiErrorTypes.InvalidRequest, "resource_not_found", Said("A file or cache was not found.", said)),
        RequestFault.PromptBlocked => OpenAiError.Invalid("content_filter", said, "messages"),
        _ => OpenAiError.Invalid("invalid_request", Said("The upstream refused the request.", said)),
    };

    private static OpenAiError Exhausted(UpstreamOutcome.QuotaExhausted quota) => quota.Class switch
    {
        _ when quota.IsOfTools => OpenAiError.ToolsExhausted(quota.Wait),
        UpstreamOutcomeClass.QuotaNotOffered => OpenAiError.ModelNotFound("This model is not available to the configured keys."),
        UpstreamOutcomeClass.QuotaPerDay => OpenAiError.QuotaExhausted(quota.Wait) with { Type = OpenAiErrorTypes.InsufficientQuota, Code = "insufficient_quota" },
        _ when quota.IsSpend => OpenAiError.QuotaExhausted(quota.Wait) with { Type = OpenAiErrorTypes.InsufficientQuota, Code = "insufficient_quota" },
        _ => OpenAiError.QuotaExhausted(quota.Wait),
    };

    private static OpenAiError Failed(UpstreamOutcome.UpstreamFailed failed, string said) => failed.Fault switch
    {
        UpstreamFault.Overloaded => Server(StatusCodes.Status503ServiceUnavailable, "model_overloaded", "The model is overloaded at the moment.", TimeSpan.FromSeconds(5)),
        UpstreamFault.Timeout => Server(StatusCodes.Status504GatewayTimeout, "upstream_timeout", "The upstream did not answer in time."),
        UpstreamFault.Network => Server(StatusCodes.Status502BadGateway, "upstream_unreachable", "The upstream could not be reached, or the connection broke."),
        UpstreamFault.Unreadable => Server(StatusCodes.Status502BadGateway, "bad_upstream_response", "The upstream sent an answer that could not be read."),
        UpstreamFault.Empty => Server(StatusCodes.Status502BadGateway, failed.Code ?? "empty_response", Said("The upstream sent an empty answer.", said)),
        UpstreamFault.Contention => Server(StatusCodes.Status503ServiceUnavailable, "upstream_error", "The upstream was busy with a conflicting request.", TimeSpan.FromSeconds(1)),
        UpstreamFault.LocationNotSupported => Server(StatusCodes.Status503ServiceUnavailable, "location_not_supported", "The upstream does not serve the location of this gateway."),
        UpstreamFault.CredentialsNotSent => OpenAiError.Internal,
        _ => Server(StatusCodes.Status502BadGateway, "upstream_error", "The upstream failed to process the request."),
    };

    private static OpenAiError Server(int status, string code, string message, TimeSpan? retryAfter = null) => new(status, OpenAiErrorTypes.Server, code, message, RetryAfter: retryAfter);

    private static string Said(string own, string said) => said.Length == 0 ? own : $"{own} It said: {said}";

    /// <summary>The field of the client's request that asked for a feature.</summary>
    private static string? ClientField(RefusedFeature feature) => feature switch
    {
        RefusedFeature.LogProbabilities => "logprobs",
        RefusedFeature.Candidates => "n",
        RefusedFeature.Thinking => "reasoning_effort",
        RefusedFeature.Seed => "seed",
        RefusedFeature.Sampling => "temperature",
        RefusedFeature.ModelTurnLast or RefusedFeature.SystemInstruction or RefusedFeature.MediaResolution => "messages",
        RefusedFeature.Penalties => "presence_penalty",
        _ => null,
    };

    /// <summary>The field of the client's request that became the upstream's field.</summary>
    private static string? ClientField(string? field) => field switch
    {
        null => null,
        _ when field.Contains("temperature", StringComparison.OrdinalIgnoreCase) => "temperature",
        _ when field.Contains("top_p", StringComparison.OrdinalIgnoreCase) || field.Contains("topP", StringComparison.Ordinal) => "top_p",
        _ when field.Contains("top_k", StringComparison.OrdinalIgnoreCase) || field.Contains("topK", StringComparison.Ordinal) => "top_k",
        _ when field.Contains("max_output_tokens", StringComparison.OrdinalIgnoreCase) || field.Contains("maxOutputTokens", StringComparison.Ordinal) => "max_tokens",
        _ when field.Contains("stop_sequences", StringComparison.OrdinalIgnoreCase) || field.Contains("stopSequences", StringComparison.Ordinal) => "stop",
        _ when field.Contains("seed", StringComparison.OrdinalIgnoreCase) => "seed",
        _ when field.Contains("thinking", StringComparison.OrdinalIgnoreCase) => "reasoning_effort",
        _ when field.Contains("contents", StringComparison.Ordinal) || field.Contains("system_instruction", StringComparison.Ordinal) => "messages",
        _ => null,
    };
}
