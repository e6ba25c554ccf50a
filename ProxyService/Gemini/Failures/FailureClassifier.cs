using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Gemini.Failures;

/// <summary>
/// Classifies a failed upstream answer: a pure function of status, headers and body. Nothing else in the service looks at an upstream status.
/// What matters is blame: a client's mistake, an overload or a broken network must never cost a key its place. Google's messages quote what the client wrote (names of
/// fields, files, caches), so that only its own words count where anyone else than the client is blamed: codes, and how a message begins.
/// </summary>
internal static class FailureClassifier
{
    private const string WrongPlace = "User location is not supported";

    private static readonly TimeSpan NotForThisAccount = TimeSpan.FromDays(7);

    /// <summary>Classifies an answer whose status is not 200, or an error object inside a 200.</summary>
    /// <param name="status">HTTP status, or the code of the error object in a stream.</param>
    /// <param name="retryAfter">The header <c>Retry-After</c>, when given in seconds.</param>
    /// <param name="body">The body.</param>
    /// <param name="now">The clock: daily quotas return at a time of day.</param>
    /// <param name="jitter">0 to 1: spreads keys that return together.</param>
    public static UpstreamOutcome Classify(int status, TimeSpan? retryAfter, ReadOnlyMemory<byte> body, DateTimeOffset now, double jitter)
    {
        var error = GeminiErrorReader.Read(body);
        if (error is null)
        {
            return WithoutErrorObject(status, retryAfter, now, jitter);
        }

        // A quota's own limit of 0 is found under several statuses; the body's code is the more precise of the two.
        var outcome = Classify(status is >= 400 ? status : error.Code, error, retryAfter, now, jitter);
        return outcome with { Reason = ReasonOf(error), Project = ProjectOf(error) };
    }

    private static UpstreamOutcome Classify(int status, GeminiError error, TimeSpan? retryAfter, DateTimeOffset now, double jitter) => status switch
    {
        400 => BadRequest(error),
        401 => Unauthenticated(error),
        402 => new UpstreamOutcome.KeyRefused(KeyFault.Billing),
        403 => PermissionDenied(error),
        404 => NotFound(error),
        408 or 504 => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Timeout, error.Message),
        409 => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Contention, error.Message),
        413 => new UpstreamOutcome.RequestRefused(RequestFault.TooLarge, error.Message),
        429 => QuotaFailureReading.Read(error, retryAfter, now, jitter),
        503 or 529 => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Overloaded, error.Message),
        499 or >= 500 => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Failed, error.Message),
        >= 400 => new UpstreamOutcome.RequestRefused(RequestFault.Invalid, error.Message),
        _ => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Failed, error.Message),
    };

    private static UpstreamOutcome BadRequest(GeminiError error)
    {
        // An error about fields quotes them, and is the client's whatever it says.
        var speaksOfItself = !error.IsAboutFields;
        if (error.Reason == "API_KEY_INVALID" || (error.Reason.Length == 0 && speaksOfItself && Begins(error, "API key not valid", "API key expired", "API Key not found")))
        {
            return new UpstreamOutcome.KeyRefused(KeyFault.Unknown);
        }

        if (speaksOfItself && (Begins(error, WrongPlace) || error.DebugDetail.StartsWith("[ORIGINAL ERROR] generic::failed_precondition: " + WrongPlace, StringComparison.OrdinalIgnoreCase)))
        {
            return new UpstreamOutcome.UpstreamFailed(UpstreamFault.LocationNotSupported);
        }

        if (speaksOfItself && Begins(error, "Gemini API free tier is not available in your country", "Free tier is not available in your country"))
        {
            return new UpstreamOutcome.KeyRefused(KeyFault.Billing);
        }

        var fault = RequestFault.Invalid;
        if (Says(error, "thought_signature", "thought signature", "thoughtSignature"))
        {
            fault = RequestFault.ThoughtSignature;
        }
        else if (Says(error, "exceeds the maximum number of tokens", "input token count"))
        {
            fault = RequestFault.ContextTooLong;
        }
        else if (Says(error, "payload size exceeds", "request payload size"))
        {
            fault = RequestFault.TooLarge;
        }
        else if (Begins(error, "Invalid JSON payload received", "Invalid value at"))
        {
            // What follows is mostly the client's.
            fault = RequestFault.InvalidField;
        }
        else if (Says(error, "is not enabled for", "is not supported", "are not supported", "only works in thinking mode", "ending with a model turn", "function response parts is equal") || RefusedFeatureReading.IsBudget(error.Message))
        {
            fault = RequestFault.NotSupportedByModel;
        }
        else if (error.IsAboutFields || Says(error, "Unknown name", "Invalid value at"))
        {
            fault = RequestFault.InvalidField;
        }

        return new UpstreamOutcome.RequestRefused(fault, error.Message, error.Field);
    }

    private static UpstreamOutcome Unauthenticated(GeminiError error) => error.Reason switch
    {
        "CREDENTIALS_MISSING" => new UpstreamOutcome.UpstreamFailed(UpstreamFault.CredentialsNotSent),
        "API_KEY_INVALID" => new UpstreamOutcome.KeyRefused(KeyFault.Unknown),
        "CONSUMER_SUSPENDED" => new UpstreamOutcome.KeyRefused(KeyFault.Suspended),
        _ => new UpstreamOutcome.KeyRefused(KeyFault.TypeRejected),
    };

    private static UpstreamOutcome PermissionDenied(GeminiError error)
    {
        if (error.Reason == "CONSUMER_SUSPENDED" || (Begins(error, "Permission denied: Consumer ", "Consumer ", "Your project ", "Your API key ") && Says(error, "has been suspended")))
        {
            return new UpstreamOutcome.KeyRefused(KeyFault.Suspended);
        }

        if (Begins(error, "Your API key was reported as leaked"))
        {
            return new UpstreamOutcome.KeyRefused(KeyFault.Leaked);
        }

        if (error.Reason == "SERVICE_DISABLED")
        {
            return new UpstreamOutcome.KeyRefused(KeyFault.ServiceDisabled);
        }

        if (error.Reason is "API_KEY_SERVICE_BLOCKED" or "API_KEY_IP_ADDRESS_BLOCKED" or "API_KEY_HTTP_REFERRER_BLOCKED" or "API_KEY_ANDROID_APP_BLOCKED" or "API_KEY_IOS_APP_BLOCKED")
        {
            return new UpstreamOutcome.KeyRefused(KeyFault.Restricted);
        }

        if (error.Reason == "BILLING_DISABLED")
        {
            return new UpstreamOutcome.KeyRefused(KeyFault.Billing);
        }

        if (error.Reason == "API_KEY_INVALID")
        {
            return new UpstreamOutcome.KeyRefused(KeyFault.Unknown);
        }

        if (Begins(error, "Your project has been denied access"))
        {
            return new UpstreamOutcome.KeyRefused(KeyFault.Denied);
        }

        if (Begins(error, "Method doesn't allow unregistered callers"))
        {
            return new UpstreamOutcome.UpstreamFailed(UpstreamFault.CredentialsNotSent);
        }

        // A resource of another project, or a refusal nobody has described: not proof enough against a key.
        return error.Reason == "IAM_PERMISSION_DENIED" || Says(error, "permission to access the", "cachedContent", "tuned model")
            ? new UpstreamOutcome.RequestRefused(RequestFault.ResourceNotFound, error.Message)
            : new UpstreamOutcome.UpstreamFailed(UpstreamFault.Failed, error.Message) { Retry = RetryAdvice.OtherKey };
    }

    private static UpstreamOutcome NotFound(GeminiError error)
    {
        // No name of a model has a blank: what stands between these words is nobody else's.
        if (Begins(error, "This model ", "models/") && Says(error, "is no longer available to new users"))
        {
            return new UpstreamOutcome.QuotaExhausted(UpstreamOutcomeClass.QuotaNotOffered, NotForThisAccount);
        }

        return Says(error, "cachedContent", "CachedContent", "File ", "files/")
            ? new UpstreamOutcome.RequestRefused(RequestFault.ResourceNotFound, error.Message)
            : new UpstreamOutcome.ModelNotFound(error.Message);
    }

    private static UpstreamOutcome WithoutErrorObject(int status, TimeSpan? retryAfter, DateTimeOffset now, double jitter) => status switch
    {
        // Without an error object it is a proxy, a load balancer or a wrong address that speaks: no key is to blame.
        429 => QuotaFailureReading.Read(GeminiError.None, retryAfter, now, jitter),
        408 or 504 => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Timeout),
        413 => new UpstreamOutcome.RequestRefused(RequestFault.TooLarge, ""),
        503 => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Overloaded),
        >= 500 => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Failed),
        _ => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable),
    };

    /// <summary>Whether a message begins with words: there they are Google's own.</summary>
    private static bool Begins(GeminiError error, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (error.Message.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether words stand anywhere in a message: they may be the client's own, so that nothing but its request may be judged by them.</summary>
    private static bool Says(GeminiError error, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (error.Message.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static string? ProjectOf(GeminiError error) =>
        error.Metadata.GetValueOrDefault("consumer") is { Length: > 9 and <= 80 } consumer && consumer.StartsWith("projects/", StringComparison.Ordinal)
            && consumer.AsSpan(9).IndexOfAnyExceptInRange('0', '9') < 0 ? consumer : null;

    private static string? ReasonOf(GeminiError error)
    {
        var reason = error.Reason.Length > 0 ? error.Reason : error.Status;
        return reason.Length is > 0 and <= 64 && reason.All(c => c is (>= 'A' and <= 'Z') or '_') ? reason : null;
    }
}
