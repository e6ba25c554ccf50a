namespace GeminiBalance.GeminiSimulator.Ledger;

/// <summary>One call, as the simulator saw it.</summary>
/// <param name="Sequence">Its number in the order calls ended, from 1.</param>
/// <param name="At">When it arrived, by the simulator's clock (UTC).</param>
/// <param name="Key">The key's value (fake), or what was sent instead; empty for none.</param>
/// <param name="Project">The key's project, when known.</param>
/// <param name="Model">The model, or empty.</param>
/// <param name="Method">The method, for example <c>generateContent</c>; <c>unknown</c> for a path Google does not have.</param>
/// <param name="Outcome"><c>ok</c>, <c>error</c>, <c>cut</c>, <c>stalled</c>, <c>malformed</c>, <c>fault</c> for a failure of the simulator itself, or <c>aborted</c> when the caller hung up.</param>
/// <param name="Behaviour">The script that applied, if any.</param>
/// <param name="Status">The HTTP status sent; 0 when none was.</param>
/// <param name="PromptTokens"><c>promptTokenCount</c> sent last.</param>
/// <param name="CandidatesTokens"><c>candidatesTokenCount</c> sent last.</param>
/// <param name="ThoughtsTokens"><c>thoughtsTokenCount</c> sent last.</param>
/// <param name="Events">Stream events sent whole.</param>
/// <param name="ToolTokens"><c>toolUsePromptTokenCount</c> sent last.</param>
/// <param name="Stream">Whether it asked for a stream.</param>
/// <param name="Bytes">Bytes of body sent.</param>
/// <param name="Aborted">Whether the caller hung up before the end, whatever the outcome.</param>
/// <param name="DurationMs">Milliseconds from arrival to end.</param>
/// <param name="Fingerprint">Twelve hex digits of the SHA-256 of the key; empty for none.</param>
/// <param name="KeyInUrl">Whether the key came as <c>?key=</c>.</param>
/// <param name="Error">What a call with outcome <c>error</c> was told; null otherwise.</param>
/// <param name="Tag">What a <c>[tag:NAME]</c> in the text said while markers are read, so that a caller finds its own calls again; null without one.</param>
/// <param name="LastEventTokens">Tokens of the answer that only the stream event sent last told: a caller that hung up may not have read it any more.</param>
public sealed record Call(
    long Sequence,
    DateTimeOffset At,
    string Key,
    string? Project,
    string Model,
    string Method,
    string Outcome,
    string? Behaviour,
    int Status,
    int PromptTokens,
    int CandidatesTokens,
    int ThoughtsTokens,
    int Events,
    int ToolTokens = 0,
    bool Stream = false,
    long Bytes = 0,
    bool Aborted = false,
    double DurationMs = 0,
    string Fingerprint = "",
    bool KeyInUrl = false,
    string? Error = null,
    string? Tag = null,
    int LastEventTokens = 0);

/// <summary>What was asked of the simulator in sum.</summary>
/// <param name="Calls">All calls that ended.</param>
/// <param name="ByOutcome">Calls per outcome.</param>
/// <param name="ByKey">Calls per key.</param>
/// <param name="PromptTokens">Sum over calls that ended <c>ok</c>.</param>
/// <param name="CandidatesTokens">Sum over calls that ended <c>ok</c>.</param>
/// <param name="ThoughtsTokens">Sum over calls that ended <c>ok</c>.</param>
/// <param name="Dropped">Oldest calls no longer held one by one; they still count in the sums.</param>
/// <param name="ByModel">Calls per model; empty name for calls without one.</param>
/// <param name="ToolTokens">Sum over calls that ended <c>ok</c>.</param>
/// <param name="Open">Calls that have arrived and not ended.</param>
public sealed record LedgerSummary(
    long Calls,
    IReadOnlyDictionary<string, long> ByOutcome,
    IReadOnlyDictionary<string, long> ByKey,
    long PromptTokens,
    long CandidatesTokens,
    long ThoughtsTokens,
    long Dropped,
    IReadOnlyDictionary<string, long> ByModel,
    long ToolTokens = 0,
    long Open = 0);
