namespace GeminiBalance.Contracts;

/// <summary>The state of an upstream key as operators see it. <see cref="New"/>, <see cref="Healthy"/> and <see cref="Degraded"/> may serve.</summary>
public enum KeyStatus
{
    /// <summary>Added, not checked yet. May serve.</summary>
    New,

    /// <summary>Works.</summary>
    Healthy,

    /// <summary>Works, but failed lately for reasons that are not clearly its own. May serve.</summary>
    Degraded,

    /// <summary>Waits for a quota of a model to return.</summary>
    Cooling,

    /// <summary>A day's quota of a model is used up.</summary>
    Exhausted,

    /// <summary>The model is not offered to the key's tier.</summary>
    NotOffered,

    /// <summary>Google does not know the key, or no longer accepts its type.</summary>
    Invalid,

    /// <summary>Google refuses the key: suspended, leaked, restricted, service disabled or billing.</summary>
    Forbidden,

    /// <summary>Switched off by an operator.</summary>
    Disabled,

    /// <summary>Taken out of the pool for good.</summary>
    Retired,
}

/// <summary>An upstream key as operators see it. Never holds the key itself.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="Mask">First and last four characters of the key.</param>
/// <param name="Label">The operator's name for it.</param>
/// <param name="Project">The Google project it belongs to, when known.</param>
/// <param name="Status">Its state.</param>
/// <param name="Reason">Why it is in that state, in a word from a closed set; null when healthy.</param>
/// <param name="Model">The model the state is limited to; null means every model.</param>
/// <param name="UpstreamStatus">The HTTP status that caused the state, if one did.</param>
/// <param name="Since">Since when it has been in that state (UTC).</param>
/// <param name="Until">When a passing state ends (UTC).</param>
/// <param name="AddedAt">When it was added (UTC).</param>
/// <param name="LastCheckedAt">When it was last probed (UTC); null when never.</param>
/// <param name="NextCheckAt">When it will be probed next (UTC); null when it will not.</param>
/// <param name="Version">Version of the key's stream.</param>
public sealed record KeyView(
    Guid Id,
    string Mask,
    string? Label,
    string? Project,
    KeyStatus Status,
    string? Reason,
    string? Model,
    int? UpstreamStatus,
    DateTimeOffset Since,
    DateTimeOffset? Until,
    DateTimeOffset AddedAt,
    DateTimeOffset? LastCheckedAt,
    DateTimeOffset? NextCheckAt,
    long Version);

/// <summary>A page of keys.</summary>
/// <param name="Items">The keys, newest first.</param>
/// <param name="Next">Pass as <c>after</c> to get the next page; null on the last.</param>
/// <param name="Total">How many keys match the filter.</param>
public sealed record KeyPage(IReadOnlyList<KeyView> Items, string? Next, int Total);

/// <summary>How many keys are in each state.</summary>
/// <param name="Total">All keys that are not retired.</param>
/// <param name="ByStatus">The number per state; states without a key are left out.</param>
public sealed record KeySummary(int Total, IReadOnlyDictionary<KeyStatus, int> ByStatus);

/// <summary>Changes a key's label or project. Null leaves a value as it is, an empty string clears it.</summary>
/// <param name="Label">At most 200 characters.</param>
/// <param name="Project">At most 200 characters.</param>
public sealed record EditKey(string? Label, string? Project);

/// <summary>Asks for a probe of keys now.</summary>
/// <param name="Ids">The keys; null means every key that is not disabled.</param>
public sealed record CheckKeys(IReadOnlyList<Guid>? Ids);

/// <summary>What became of one line of an import.</summary>
public enum ImportOutcome
{
    /// <summary>The key is in the pool now.</summary>
    Added,

    /// <summary>The key stands further up in the same text.</summary>
    DuplicateInFile,

    /// <summary>The pool has the key already.</summary>
    AlreadyInPool,

    /// <summary>The line holds no key.</summary>
    NotAKey,
}

/// <summary>One line of an import.</summary>
/// <param name="Line">Its number in the text, from 1.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Mask">First and last four characters of the key; null when the line holds none.</param>
/// <param name="KeyId">The key's id in the pool, when it is there.</param>
/// <param name="Reason">Why the line holds no key, in a sentence that does not repeat the line.</param>
public sealed record ImportLine(int Line, ImportOutcome Outcome, string? Mask, Guid? KeyId, string? Reason);

/// <summary>The result of an import.</summary>
/// <param name="Lines">Every line that was not empty or a comment.</param>
/// <param name="Added">How many keys are new in the pool.</param>
/// <param name="Duplicates">How many were in the text twice or in the pool already.</param>
/// <param name="Rejected">How many lines hold no key.</param>
/// <param name="Epoch">Epoch of the pool that holds the keys.</param>
/// <param name="Sequence">A proxy at this sequence or later knows the keys.</param>
public sealed record ImportResult(IReadOnlyList<ImportLine> Lines, int Added, int Duplicates, int Rejected, Guid Epoch, long Sequence);

/// <summary>One entry of a key's history.</summary>
/// <param name="At">When it happened (UTC).</param>
/// <param name="Event">The event's wire name.</param>
/// <param name="Text">What happened, in a sentence without secrets.</param>
/// <param name="Actor">Who or what caused it.</param>
public sealed record TimelineEntry(DateTimeOffset At, string Event, string Text, string Actor);
