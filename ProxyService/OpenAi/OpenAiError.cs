namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>An error as OpenAI's clients understand it: <c>{"error":{"message","type","param","code"}}</c>.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type">The error's <c>type</c>; one of <see cref="OpenAiErrorTypes"/>.</param>
/// <param name="Code">The error's <c>code</c>, or null.</param>
/// <param name="Message">A sentence for people; holds no secret.</param>
/// <param name="Param">The field of the request that is to blame, or null.</param>
/// <param name="RetryAfter">When trying again makes sense; null when unknown or never.</param>
internal sealed record OpenAiError(int Status, string Type, string? Code, string Message, string? Param = null, TimeSpan? RetryAfter = null)
{
    /// <summary>The request is wrong.</summary>
    public static OpenAiError Invalid(string code, string message, string? param = null) => new(StatusCodes.Status400BadRequest, OpenAiErrorTypes.InvalidRequest, code, message, param);

    /// <summary>The body is no JSON, or JSON that is not accepted.</summary>
    public static OpenAiError InvalidJson(string message) => Invalid("invalid_json", message);

    /// <summary>A required field is absent.</summary>
    public static OpenAiError Missing(string param) => Invalid("missing_required_parameter", $"Missing required parameter: '{param}'.", param);

    /// <summary>A field has the wrong JSON type.</summary>
    public static OpenAiError WrongType(string param, string expected) => Invalid("invalid_type", $"Invalid type for '{param}': expected {expected}.", param);

    /// <summary>A field has a value that means nothing here.</summary>
    public static OpenAiError InvalidValue(string param, string message) => Invalid("invalid_value", message, param);

    /// <summary>A field this gateway cannot honour, where leaving it out would change the answer.</summary>
    public static OpenAiError Unsupported(string param, string message) => Invalid("unsupported_parameter", message, param);

    /// <summary>The access key is missing, wrong, expired or disabled; which of them is not told.</summary>
    public static OpenAiError WrongAccessKey { get; } = new(
        StatusCodes.Status401Unauthorized,
        OpenAiErrorTypes.InvalidRequest,
        "invalid_api_key",
        "Incorrect API key provided. Send an access key of this gateway as 'Authorization: Bearer sk-gb-...'.");

    /// <summary>Too many wrong access keys came from the client's address.</summary>
    public static OpenAiError TooManyWrongKeys(TimeSpan wait) => new(
        StatusCodes.Status429TooManyRequests,
        OpenAiErrorTypes.RateLimit,
        "rate_limit_exceeded",
        "Too many requests with a wrong API key came from this address. Check the key and try again later.",
        RetryAfter: wait);

    /// <summary>The access key may not be used from where the client is.</summary>
    public static OpenAiError AddressNotAllowed { get; } = new(StatusCodes.Status403Forbidden, OpenAiErrorTypes.InvalidRequest, "permission_denied", "This API key may not be used from this address.");

    /// <summary>The access key may not use the model.</summary>
    public static OpenAiError ModelNotAllowed { get; } = new(StatusCodes.Status403Forbidden, OpenAiErrorTypes.InvalidRequest, "model_not_allowed", "This API key may not use this model. A name that stands for another model counts as that one.", "model");

    /// <summary>The body is larger than allowed.</summary>
    public static OpenAiError TooLarge { get; } = new(StatusCodes.Status413PayloadTooLarge, OpenAiErrorTypes.InvalidRequest, "request_too_large", "The request body is too large.");

    /// <summary>The model is not served.</summary>
    public static OpenAiError ModelNotFound(string message) => new(StatusCodes.Status404NotFound, OpenAiErrorTypes.InvalidRequest, "model_not_found", message, "model");

    /// <summary>The path does not exist.</summary>
    public static OpenAiError UnknownUrl(string method, string path) =>
        new(StatusCodes.Status404NotFound, OpenAiErrorTypes.InvalidRequest, "unknown_url", $"Unknown request URL: {method} {path}. The gateway speaks OpenAI's API under /v1, for example POST /v1/chat/completions.");

    /// <summary>The path exists, the method does not.</summary>
    public static OpenAiError WrongMethod(string method, string path, string allowed) =>
        new(StatusCodes.Status405MethodNotAllowed, OpenAiErrorTypes.InvalidRequest, "unknown_url", $"Not allowed: {method} {path}. Use {allowed}.");

    /// <summary>No key of the pool can be used, and none will come back by itself.</summary>
    public static OpenAiError NoAvailableKeys { get; } = new(
        StatusCodes.Status503ServiceUnavailable,
        OpenAiErrorTypes.Server,
        "no_available_keys",
        "No upstream key can serve this request at the moment.",
        RetryAfter: TimeSpan.FromSeconds(60));

    /// <summary>The gateway has not loaded its keys yet.</summary>
    public static OpenAiError NotReady { get; } = new(
        StatusCodes.Status503ServiceUnavailable,
        OpenAiErrorTypes.Server,
        "not_ready",
        "The gateway has not loaded its keys yet. Try again in a moment.",
        RetryAfter: TimeSpan.FromSeconds(5));

    /// <summary>The gateway cannot write down what it does, and does nothing it cannot account for.</summary>
    public static OpenAiError CannotRecord { get; } = new(
        StatusCodes.Status503ServiceUnavailable,
        OpenAiErrorTypes.Server,
        "cannot_record",
        "The gateway cannot record requests at the moment. Try again in a few seconds.",
        RetryAfter: TimeSpan.FromSeconds(5));

    /// <summary>The gateway failed.</summary>
    public static OpenAiError Internal { get; } = new(StatusCodes.Status500InternalServerError, OpenAiErrorTypes.Server, "internal_error", "The gateway failed to process the request.");

    /// <summary>The upstream failed for a model again and again, whoever asked; it is left alone for a moment.</summary>
    public static OpenAiError UpstreamRests(string model, TimeSpan wait) => new(
        StatusCodes.Status503ServiceUnavailable,
        OpenAiErrorTypes.Server,
        "model_overloaded",
        $"The upstream fails for the model '{model}' at the moment. Try again in a moment.",
        RetryAfter: wait);

    /// <summary>Every key that could serve is waiting for quota.</summary>
    public static OpenAiError QuotaExhausted(TimeSpan wait) => new(
        StatusCodes.Status429TooManyRequests,
        OpenAiErrorTypes.RateLimit,
        "rate_limit_exceeded",
        "Every upstream key that can serve this model has used up its quota.",
        RetryAfter: wait);

    /// <summary>No key may use Google's own tools, and some would answer without.</summary>
    public static OpenAiError ToolsExhausted(TimeSpan wait) => QuotaExhausted(wait) with
    {
        Message = "The upstream keys have used up their quota of Google's own tools, such as its search. Ask without them, or later.",
        Param = "tools",
    };
}

/// <summary>The words of an error's <c>type</c>.</summary>
internal static class OpenAiErrorTypes
{
    /// <summary>The request is to blame.</summary>
    public const string InvalidRequest = "invalid_request_error";

    /// <summary>Too many requests.</summary>
    public const string RateLimit = "rate_limit_error";

    /// <summary>A limit of requests is reached, in OpenAI's word for it.</summary>
    public const string Requests = "requests";

    /// <summary>A limit of tokens is reached, in OpenAI's word for it.</summary>
    public const string Tokens = "tokens";

    /// <summary>The quota is used up.</summary>
    public const string InsufficientQuota = "insufficient_quota";

    /// <summary>The gateway or the upstream is to blame.</summary>
    public const string Server = "server_error";
}
