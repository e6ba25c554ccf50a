using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Gemini.Failures;

/// <summary>How one upstream call ended: whom it blames, what follows for the key, whether another call may help. Classified once, by <see cref="FailureClassifier"/>.</summary>
internal abstract record UpstreamOutcome
{
    private UpstreamOutcome(UpstreamOutcomeClass outcomeClass, Blame blame, RetryAdvice retry)
    {
        Class = outcomeClass;
        Blame = blame;
        Retry = retry;
    }

    /// <summary>The class told to the other services.</summary>
    public UpstreamOutcomeClass Class { get; }

    /// <summary>Whom it blames.</summary>
    public Blame Blame { get; }

    /// <summary>Whether another call may help.</summary>
    public RetryAdvice Retry { get; init; }

    /// <summary>The upstream's reason in a closed alphabet (A-Z and underscore); null when it gave none.</summary>
    public string? Reason { get; init; }

    /// <summary>The project the upstream named as the one that called, as <c>projects/123</c>: keys of one project share their quotas. Never for clients.</summary>
    public string? Project { get; init; }

    /// <summary>A complete answer.</summary>
    internal sealed record Answered() : UpstreamOutcome(UpstreamOutcomeClass.Succeeded, Blame.Nobody, RetryAdvice.No);

    /// <summary>The request itself was refused; every key would refuse it.</summary>
    /// <param name="Fault">What is wrong with it.</param>
    /// <param name="Detail">What the upstream said, unredacted; empty when nothing.</param>
    /// <param name="Field">The field of the upstream request, when named.</param>
    internal sealed record RequestRefused(RequestFault Fault, string Detail, string? Field = null) : UpstreamOutcome(UpstreamOutcomeClass.ClientError, Blame.Client, RetryAdvice.No);

    /// <summary>The upstream does not know the model or method.</summary>
    /// <param name="Detail">What the upstream said, unredacted.</param>
    internal sealed record ModelNotFound(string Detail) : UpstreamOutcome(UpstreamOutcomeClass.ModelNotFound, Blame.Model, RetryAdvice.No);

    /// <summary>The key itself is refused, whatever is asked.</summary>
    /// <param name="Fault">Why.</param>
    internal sealed record KeyRefused(KeyFault Fault) : UpstreamOutcome(ClassOf(Fault), Blame.Key, RetryAdvice.OtherKey);

    /// <summary>The key's quota pool cannot serve the model for a while.</summary>
    /// <param name="QuotaClass">Which kind of quota: a class from <c>QuotaPerMinute</c> to <c>QuotaUnspecified</c>.</param>
    /// <param name="Wait">How long; jitter included.</param>
    /// <param name="QuotaId">The quota, when named.</param>
    /// <param name="Limit">Its limit, when given.</param>
    /// <param name="Bucket">The model bucket it names, which may differ from the model asked for.</param>
    internal sealed record QuotaExhausted(UpstreamOutcomeClass QuotaClass, TimeSpan Wait, string? QuotaId = null, long? Limit = null, string? Bucket = null)
        : UpstreamOutcome(QuotaClass, Blame.QuotaPool, RetryAdvice.OtherKey)
    {
        /// <summary>Whether a spending limit was hit, not a rate.</summary>
        public bool IsSpend { get; init; }

        /// <summary>Whether it is the quota of Google's own tools, such as its search: the model answers requests without them.</summary>
        public bool IsOfTools { get; init; }
    }

    /// <summary>The upstream, the model's capacity or the network failed.</summary>
    /// <param name="Fault">What failed.</param>
    /// <param name="Detail">What the upstream said, unredacted; empty when nothing.</param>
    internal sealed record UpstreamFailed(UpstreamFault Fault, string Detail = "") : UpstreamOutcome(ClassOf(Fault), BlameOf(Fault), RetryOf(Fault))
    {
        /// <summary>The error code of an empty answer, when its end was told; null for the common one.</summary>
        public string? Code { get; init; }

        /// <summary>Whether a proxy on the way to Google failed: it says nothing of Google.</summary>
        public bool OfProxy { get; init; }
    }

    /// <summary>We hung up, because the client did.</summary>
    internal sealed record Cancelled() : UpstreamOutcome(UpstreamOutcomeClass.Cancelled, Blame.Client, RetryAdvice.No);

    private static UpstreamOutcomeClass ClassOf(KeyFault fault) => fault switch
    {
        KeyFault.Unknown or KeyFault.TypeRejected => UpstreamOutcomeClass.KeyInvalid,
        KeyFault.Billing => UpstreamOutcomeClass.BillingRequired,
        _ => UpstreamOutcomeClass.KeyForbidden,
    };

    private static UpstreamOutcomeClass ClassOf(UpstreamFault fault) => fault switch
    {
        UpstreamFault.Overloaded => UpstreamOutcomeClass.Overloaded,
        UpstreamFault.Timeout => UpstreamOutcomeClass.Timeout,
        UpstreamFault.Network => UpstreamOutcomeClass.NetworkError,
        _ => UpstreamOutcomeClass.UpstreamError,
    };

    private static Blame BlameOf(UpstreamFault fault) => fault switch
    {
        UpstreamFault.Overloaded => Blame.Model,
        UpstreamFault.Network => Blame.Network,
        UpstreamFault.LocationNotSupported => Blame.Network,
        UpstreamFault.CredentialsNotSent => Blame.Gateway,
        _ => Blame.Upstream,
    };

    private static RetryAdvice RetryOf(UpstreamFault fault) => fault switch
    {
        UpstreamFault.Overloaded => RetryAdvice.AnyKeyLater,
        UpstreamFault.Failed or UpstreamFault.Network or UpstreamFault.Unreadable or UpstreamFault.Empty or UpstreamFault.Contention => RetryAdvice.AnyKey,
        _ => RetryAdvice.No,
    };
}

/// <summary>Whom a failed call blames. Only a key or its quota pool changes state.</summary>
internal enum Blame
{
    /// <summary>Nothing failed.</summary>
    Nobody,

    /// <summary>The client's request.</summary>
    Client,

    /// <summary>The key.</summary>
    Key,

    /// <summary>The quota pool of the key, for one model.</summary>
    QuotaPool,

    /// <summary>The model, whoever asks.</summary>
    Model,

    /// <summary>The upstream.</summary>
    Upstream,

    /// <summary>The network, or the place the gateway calls from.</summary>
    Network,

    /// <summary>The gateway itself.</summary>
    Gateway,
}

/// <summary>Whether another call may help.</summary>
internal enum RetryAdvice
{
    /// <summary>No.</summary>
    No,

    /// <summary>With another key only.</summary>
    OtherKey,

    /// <summary>With another key, or the same when there is no other.</summary>
    AnyKey,

    /// <summary>The same, after a short wait.</summary>
    AnyKeyLater,
}

/// <summary>What is wrong with a request.</summary>
internal enum RequestFault
{
    /// <summary>Anything not told apart.</summary>
    Invalid,

    /// <summary>A field has a bad value.</summary>
    InvalidField,

    /// <summary>The conversation is longer than the model's context.</summary>
    ContextTooLong,

    /// <summary>The model does not support something that was asked for.</summary>
    NotSupportedByModel,

    /// <summary>Thought signatures of the history are missing or wrong.</summary>
    ThoughtSignature,

    /// <summary>The body is larger than the upstream accepts.</summary>
    TooLarge,

    /// <summary>A file or cache is not there for this key.</summary>
    ResourceNotFound,

    /// <summary>The prompt was blocked by a filter.</summary>
    PromptBlocked,
}

/// <summary>Why a key is refused.</summary>
internal enum KeyFault
{
    /// <summary>Google does not know it, or it has expired.</summary>
    Unknown,

    /// <summary>A type of key no longer accepted.</summary>
    TypeRejected,

    /// <summary>Suspended.</summary>
    Suspended,

    /// <summary>Reported as leaked.</summary>
    Leaked,

    /// <summary>Its project is denied access.</summary>
    Denied,

    /// <summary>The API is not enabled in its project.</summary>
    ServiceDisabled,

    /// <summary>Restricted to other services, addresses or referrers.</summary>
    Restricted,

    /// <summary>Its project has no quota in this region.</summary>
    RegionBlocked,

    /// <summary>Its billing account is empty or absent.</summary>
    Billing,
}

/// <summary>What failed upstream.</summary>
internal enum UpstreamFault
{
    /// <summary>The model has no capacity.</summary>
    Overloaded,

    /// <summary>An internal error.</summary>
    Failed,

    /// <summary>An answer that is none: HTML, no JSON, foreign JSON.</summary>
    Unreadable,

    /// <summary>An answer without anything in it.</summary>
    Empty,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>No connection, or it broke.</summary>
    Network,

    /// <summary>Contention (409).</summary>
    Contention,

    /// <summary>The upstream does not serve the place the gateway calls from.</summary>
    LocationNotSupported,

    /// <summary>The upstream saw no credentials.</summary>
    CredentialsNotSent,
}
