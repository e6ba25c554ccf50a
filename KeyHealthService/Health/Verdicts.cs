using GeminiBalance.Contracts;

namespace GeminiBalance.KeyHealthService.Health;

/// <summary>What a quota pool's quota of one model allows.</summary>
internal enum QuotaStatus
{
    /// <summary>Nothing known against it.</summary>
    Available,

    /// <summary>Used up for the moment.</summary>
    Cooling,

    /// <summary>Used up until the day ends in California.</summary>
    Exhausted,

    /// <summary>The model is not offered to the pool's tier.</summary>
    NotOffered,
}

/// <summary>What an upstream answer says about a key or its quota pool. An answer that blames neither has no verdict.</summary>
internal abstract record Verdict;

/// <summary>The key itself is to blame, or cleared.</summary>
internal sealed record KeyVerdict(KeyStatus To, string? Reason, DateTimeOffset? Until = null) : Verdict;

/// <summary>The quota of the asked model is used up, or not there.</summary>
internal sealed record QuotaVerdict(QuotaStatus To, DateTimeOffset Until) : Verdict;

/// <summary>What a verdict rests on.</summary>
/// <param name="Outcome">The upstream's answer, classified.</param>
/// <param name="UpstreamStatus">Its HTTP status.</param>
/// <param name="At">When it arrived (UTC).</param>
/// <param name="By">Who saw it.</param>
/// <param name="KeyId">The key that was used.</param>
/// <param name="Quota">Id of the exhausted quota, when one was named.</param>
/// <param name="Limit">That quota's limit, when given.</param>
internal sealed record Evidence(UpstreamOutcomeClass Outcome, int? UpstreamStatus, DateTimeOffset At, string By, Guid KeyId, string? Quota = null, long? Limit = null);

/// <summary>The closed set of reasons a key can have.</summary>
internal static class Reasons
{
    public const string Unknown = "api_key_invalid";
    public const string TypeRejected = "key_type_rejected";
    public const string Suspended = "suspended";
    public const string Leaked = "leaked";
    public const string Restricted = "restricted";
    public const string ServiceDisabled = "service_disabled";
    public const string Billing = "billing";
    public const string Refused = "refused";

    /// <summary>Its failures are taken for trouble of the upstream or the address, so that it serves on until it is probed.</summary>
    public const string Suspect = "suspect";

    /// <summary>An operator's policy took it out of the pool.</summary>
    public const string Cleanup = "cleanup";

    /// <summary>Why Google does not accept the key at all.</summary>
    public static string OfInvalid(string? upstream) => upstream is "ACCESS_TOKEN_TYPE_UNSUPPORTED" ? TypeRejected : Unknown;

    /// <summary>Why Google refuses a key it knows.</summary>
    public static string OfForbidden(string? upstream) => upstream switch
    {
        null => Refused,
        "CONSUMER_SUSPENDED" => Suspended,
        "SERVICE_DISABLED" => ServiceDisabled,
        _ when upstream.StartsWith("API_KEY_", StringComparison.Ordinal) && upstream.EndsWith("_BLOCKED", StringComparison.Ordinal) => Restricted,
        _ when upstream.Contains("LEAKED", StringComparison.Ordinal) => Leaked,
        _ when upstream.Contains("BILLING", StringComparison.Ordinal) => Billing,
        _ => Refused,
    };
}
