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
/// <param name="Tier">What it pays for, when known.</param>
/// <param name="Weight">Its share among equals; null means 100.</param>
/// <param name="Priority">Keys of a lower number are used first; null means 50.</param>
/// <param name="Tags">The operator's words for it; null when it has none.</param>
/// <param name="UndoTo">The state that an undo of its last transition brings back; null when there is nothing to undo.</param>
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
    long Version,
    KeyTier? Tier = null,
    int? Weight = null,
    int? Priority = null,
    IReadOnlyList<string>? Tags = null,
    KeyStatus? UndoTo = null);

/// <summary>A page of keys.</summary>
/// <param name="Items">The keys, newest first.</param>
/// <param name="Next">Pass as <c>after</c> to get the next page; null on the last.</param>
/// <param name="Total">How many keys match the filter.</param>
public sealed record KeyPage(IReadOnlyList<KeyView> Items, string? Next, int Total);

/// <summary>How many keys are in each state.</summary>
/// <param name="Total">All keys that are not retired.</param>
/// <param name="ByStatus">The number per state; states without a key are left out.</param>
public sealed record KeySummary(int Total, IReadOnlyDictionary<KeyStatus, int> ByStatus);

/// <summary>Changes what an operator says about a key. Null leaves a value as it is, an empty string or list clears it.</summary>
/// <param name="Label">At most 200 characters.</param>
/// <param name="Project">At most 200 characters.</param>
/// <param name="Tier">What it pays for.</param>
/// <param name="Weight">Its share among equals, from 1 to 1000.</param>
/// <param name="Priority">Keys of a lower number are used first, from 0 to 100.</param>
/// <param name="Tags">At most 20 words of at most 50 characters.</param>
/// <param name="NewProject">Whether the project may be one that does not exist yet; otherwise a name no key draws from is refused as a slip.</param>
public sealed record EditKey(
    string? Label,
    string? Project,
    KeyTier? Tier = null,
    int? Weight = null,
    int? Priority = null,
    IReadOnlyList<string>? Tags = null,
    bool? NewProject = null);

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

/// <summary>What a job of import does at the moment.</summary>
public enum ImportState
{
    /// <summary>Waits for a free place.</summary>
    Waiting,

    /// <summary>Reads its lines.</summary>
    Running,

    /// <summary>Came to its end.</summary>
    Done,

    /// <summary>Was stopped by an operator; what it added stays.</summary>
    Cancelled,

    /// <summary>Gave up; what it added stays, and it can be resumed.</summary>
    Failed,

    /// <summary>Its keys were taken out of the pool again.</summary>
    Undone,
}

/// <summary>An import of many keys, which goes on whatever happens to who asked for it.</summary>
/// <param name="Id">The job.</param>
/// <param name="State">What it does.</param>
/// <param name="Format">What the text was taken for: <c>lines</c>, <c>csv</c> or <c>json</c>.</param>
/// <param name="DryRun">Whether it only looks.</param>
/// <param name="Total">How many entries the text has.</param>
/// <param name="Processed">How many of them are done.</param>
/// <param name="Added">How many keys are new in the pool, or would be.</param>
/// <param name="Duplicates">How many were in the text twice or in the pool already.</param>
/// <param name="Rejected">How many entries hold no key.</param>
/// <param name="By">Who asked for it.</param>
/// <param name="CreatedAt">When (UTC).</param>
/// <param name="FinishedAt">When it ended (UTC).</param>
/// <param name="Problem">Why it failed.</param>
/// <param name="Epoch">Epoch of the pool that holds the keys, once done.</param>
/// <param name="Sequence">A proxy at this sequence or later knows the keys, once done.</param>
public sealed record ImportJob(
    Guid Id,
    ImportState State,
    string Format,
    bool DryRun,
    int Total,
    int Processed,
    int Added,
    int Duplicates,
    int Rejected,
    string By,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt,
    string? Problem,
    Guid? Epoch,
    long? Sequence);

/// <summary>A page of an import's results.</summary>
/// <param name="Items">The entries, in the order of the text.</param>
/// <param name="Next">Pass as <c>after</c> to get the next page; null on the last.</param>
public sealed record ImportLinePage(IReadOnlyList<ImportLine> Items, string? Next);

/// <summary>The keys that a cleanup would retire now, or retired.</summary>
/// <param name="Keys">How many.</param>
/// <param name="Kept">How many it would have retired, and keeps because no other key is left.</param>
/// <param name="Items">The first of them.</param>
public sealed record KeyCleanup(int Keys, int Kept, IReadOnlyList<KeyView> Items);

/// <summary>One entry of a key's history.</summary>
/// <param name="At">When it happened (UTC).</param>
/// <param name="Event">The event's wire name.</param>
/// <param name="Text">What happened, in a sentence without secrets.</param>
/// <param name="Actor">Who or what caused it.</param>
public sealed record TimelineEntry(DateTimeOffset At, string Event, string Text, string Actor);
