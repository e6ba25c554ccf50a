using System.Text.Json.Serialization;

namespace GeminiBalance.Contracts;

/// <summary>A batch of finished requests, sent by a proxy. Re-sent unchanged, with the same <see cref="BatchId"/>, until the bus confirms it.</summary>
/// <param name="BatchId">UUIDv7; also the message id on the bus and the stream id in the event store.</param>
/// <param name="Proxy">Name of the proxy replica that answered the requests.</param>
/// <param name="Facts">At most <see cref="MaximumFacts"/> facts, oldest first.</param>
/// <param name="Segment">The segment of the proxy's journal that holds these facts, all of them; see <see cref="SegmentClosed"/>. Null from a proxy without a journal.</param>
public sealed partial record RequestsCompleted(
    Guid BatchId,
    string Proxy,
    [property: JsonConverter(typeof(RecordedFacts.Converter))] IReadOnlyList<RequestFact> Facts,
    Guid? Segment = null)
{
    /// <summary>The most facts one batch may carry.</summary>
    public const int MaximumFacts = 200;
}

/// <summary>What became of one client request. Written once, before the last byte of the answer; holds no prompt, answer or secret.</summary>
/// <param name="Id">UUIDv7 made by the proxy; the id of the event in the store, and what makes a fact countable exactly once.</param>
/// <param name="StartedAt">When the request's head had been read (UTC).</param>
/// <param name="Operation">What was asked for.</param>
/// <param name="Outcome">The final outcome for the client.</param>
/// <param name="Status">The HTTP status the client saw; 499 when the client went away first.</param>
/// <param name="ErrorCode">The <c>code</c> of the error object the client saw, if any.</param>
/// <param name="ModelAsked">The model name in the client's request, at most 128 characters.</param>
/// <param name="ModelServed">The upstream's <c>modelVersion</c>, when it said one.</param>
/// <param name="AccessKeyId">The access key that asked, null when the request was refused before it was known.</param>
/// <param name="KeyId">The upstream key whose answer the client got; null when no upstream call was made.</param>
/// <param name="Attempts">Every upstream call made for this request, in order.</param>
/// <param name="Choice">Why that key was chosen; null when no key was.</param>
/// <param name="Streamed">Whether the answer was a stream.</param>
/// <param name="Tokens">What the upstream reported as used; null when it reported nothing.</param>
/// <param name="FirstTokenMs">Milliseconds from <paramref name="StartedAt"/> to the first content sent to the client; streams only.</param>
/// <param name="DurationMs">Milliseconds from <paramref name="StartedAt"/> to the last byte sent.</param>
/// <param name="TraceParent">W3C <c>traceparent</c> of the request, so that its trace goes on to the store.</param>
/// <param name="Estimated">Whether <paramref name="Tokens"/> is the gateway's estimate, because the upstream reported nothing for what it was asked.</param>
/// <param name="OverheadMs">The gateway's own part of <paramref name="DurationMs"/>: what is left without the upstream calls. Null when unknown.</param>
/// <param name="Recovered">Whether the proxy died over this request: the fact was made at its next start, as <see cref="RequestOutcome.Aborted"/> and with an estimate.</param>
/// <param name="ClientRequestId">The id the client gave its request, if it gave one in the form the gateway keeps.</param>
public sealed record RequestFact(
    Guid Id,
    DateTimeOffset StartedAt,
    RequestOperation Operation,
    RequestOutcome Outcome,
    int Status,
    string? ErrorCode,
    string? ModelAsked,
    string? ModelServed,
    Guid? AccessKeyId,
    Guid? KeyId,
    IReadOnlyList<AttemptFact> Attempts,
    KeyChoice? Choice,
    bool Streamed,
    TokenUsage? Tokens,
    double? FirstTokenMs,
    double DurationMs,
    string? TraceParent,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Estimated = false,
    double? OverheadMs = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Recovered = false,
    string? ClientRequestId = null);

/// <summary>One upstream call.</summary>
/// <param name="KeyId">The upstream key used.</param>
/// <param name="Outcome">How the upstream answered, classified once.</param>
/// <param name="Status">The upstream's HTTP status; null when none arrived.</param>
/// <param name="DurationMs">Milliseconds the call took.</param>
/// <param name="FirstByteMs">Milliseconds until the upstream's head arrived; null when none did.</param>
/// <param name="Reason">The upstream's own word for a refusal (<c>RESOURCE_EXHAUSTED</c>, <c>API_KEY_INVALID</c>): capitals and <c>_</c>, at most 64; never its message, which may hold a key. Null when it gave none, or one of another alphabet.</param>
public sealed record AttemptFact(Guid KeyId, UpstreamOutcomeClass Outcome, int? Status, double DurationMs, double? FirstByteMs = null, string? Reason = null);

/// <summary>Why a key was chosen.</summary>
/// <param name="Strategy">Name of the balancing strategy.</param>
/// <param name="Eligible">How many keys could have served.</param>
/// <param name="Excluded">How many keys of the pool were kept out.</param>
/// <param name="ExcludedBy">The same by reason, a word of the pool's closed set; reasons without a key are left out. Null when not counted.</param>
/// <param name="Finalists">The keys that were compared in the end, the chosen one first; null for strategies that compare none.</param>
public sealed record KeyChoice(
    string Strategy,
    int Eligible,
    int Excluded,
    IReadOnlyDictionary<string, int>? ExcludedBy = null,
    IReadOnlyList<ChoiceFinalist>? Finalists = null);

/// <summary>One of the keys compared in a choice, and what its score was made of. A part the strategy does not look at is null.</summary>
/// <param name="KeyId">The key.</param>
/// <param name="Score">Its score; the best one wins.</param>
/// <param name="Success">Share (0 to 1) of its calls that succeeded lately.</param>
/// <param name="LatencyMs">Its usual latency.</param>
/// <param name="Headroom">Share (0 to 1) of its quota that is left.</param>
/// <param name="InFlight">Calls on their way over it.</param>
public sealed record ChoiceFinalist(Guid KeyId, double Score, double? Success = null, double? LatencyMs = null, double? Headroom = null, int? InFlight = null);

/// <summary>Tokens as the upstream reported them. <c>Total = Prompt + ToolUsePrompt + Completion + Thoughts</c>.</summary>
/// <param name="Prompt">Tokens of the prompt, cached ones included.</param>
/// <param name="Completion">Tokens of the answer, thoughts not included.</param>
/// <param name="Thoughts">Tokens of the model's thinking.</param>
/// <param name="Cached">The part of <paramref name="Prompt"/> that came from a cache.</param>
/// <param name="ToolUsePrompt">Prompt tokens added by server-side tools.</param>
/// <param name="Total">The upstream's own total.</param>
/// <param name="PromptAudio">The part of <paramref name="Prompt"/> that was audio.</param>
/// <param name="CompletionAudio">The part of <paramref name="Completion"/> that is audio.</param>
public sealed record TokenUsage(
    long Prompt,
    long Completion,
    long Thoughts,
    long Cached,
    long ToolUsePrompt,
    long Total,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long PromptAudio = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long CompletionAudio = 0);

/// <summary>What a client asked for.</summary>
public enum RequestOperation
{
    /// <summary><c>POST /v1/chat/completions</c>.</summary>
    ChatCompletion,

    /// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>.</summary>
    Models,

    /// <summary><c>POST /v1/embeddings</c>.</summary>
    Embedding,

    /// <summary>The native Gemini surface.</summary>
    NativeGemini,

    /// <summary>The native <c>countTokens</c>.</summary>
    CountTokens,
}

/// <summary>The final outcome of a request, seen from the client.</summary>
public enum RequestOutcome
{
    /// <summary>Answered in full.</summary>
    Succeeded,

    /// <summary>Refused because of the request itself (4xx that blames the client).</summary>
    ClientError,

    /// <summary>Refused by a limit: of the client's access key, or of how much the gateway takes on at once.</summary>
    Limited,

    /// <summary>No key could serve it, or every key tried was out of quota.</summary>
    NoKey,

    /// <summary>The upstream or the network failed.</summary>
    UpstreamError,

    /// <summary>The client went away before the end, or the proxy died over the request.</summary>
    Aborted,

    /// <summary>The gateway itself failed.</summary>
    InternalError,
}

/// <summary>How an upstream call ended, and thereby whom it blames. Only the classes from <see cref="KeyInvalid"/> to <see cref="QuotaUnspecified"/> blame a key or its quota pool.</summary>
public enum UpstreamOutcomeClass
{
    /// <summary>A complete answer.</summary>
    Succeeded,

    /// <summary>The request itself was refused.</summary>
    ClientError,

    /// <summary>The model is unknown to the upstream.</summary>
    ModelNotFound,

    /// <summary>The key is unknown, expired or of a type no longer accepted.</summary>
    KeyInvalid,

    /// <summary>The key is suspended, leaked, restricted or its project lacks the service.</summary>
    KeyForbidden,

    /// <summary>The billing account behind the key is empty or absent.</summary>
    BillingRequired,

    /// <summary>A per-minute quota of the key's pool is used up.</summary>
    QuotaPerMinute,

    /// <summary>A per-day quota of the key's pool is used up until Pacific midnight.</summary>
    QuotaPerDay,

    /// <summary>The model is not offered to the key's tier (<c>limit: 0</c>).</summary>
    QuotaNotOffered,

    /// <summary>A 429 that names no quota.</summary>
    QuotaUnspecified,

    /// <summary>The model is overloaded, whoever asks.</summary>
    Overloaded,

    /// <summary>The upstream failed (5xx) or answered something unreadable.</summary>
    UpstreamError,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>The connection could not be made or broke.</summary>
    NetworkError,

    /// <summary>We hung up, because the client did.</summary>
    Cancelled,
}
