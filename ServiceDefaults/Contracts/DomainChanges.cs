namespace GeminiBalance.Contracts;

/// <summary>
/// One event of the control plane, as told to StatsService for the audit log and the timelines. Leaves its service only after that service's own commit,
/// and carries no secret: not in the sentence, not in a value.
/// </summary>
/// <param name="Id">The event's own id; the same however often it is told.</param>
/// <param name="SubjectId">Id of the key or access key it happened to; null for settings, models and what has no id.</param>
/// <param name="Subject">What people call the subject: a masked key, the name of an access key, setting or model.</param>
/// <param name="Kind">The event's wire name, as <c>gb.key.cooled.v1</c>.</param>
/// <param name="At">When it happened (UTC).</param>
/// <param name="Actor">Who or what caused it.</param>
/// <param name="Cause">Why, in a sentence.</param>
/// <param name="Before">What changed, as it was, by field; null when nothing was there before or nothing is to be shown.</param>
/// <param name="After">What changed, as it is now, by field; null when nothing is there any more or nothing is to be shown.</param>
public sealed record DomainChange(
    Guid Id,
    Guid? SubjectId,
    string Subject,
    string Kind,
    DateTimeOffset At,
    string Actor,
    string Cause,
    IReadOnlyDictionary<string, string>? Before = null,
    IReadOnlyDictionary<string, string>? After = null)
{
    /// <summary>The most changes one message may carry.</summary>
    public const int MaximumInMessage = 200;
}

/// <summary>Transitions of upstream keys and their quota pools.</summary>
/// <param name="BatchId">UUIDv7; also the message id on the bus, and the same on every re-send.</param>
/// <param name="Changes">At most <see cref="DomainChange.MaximumInMessage"/> changes, oldest first.</param>
public sealed partial record KeyChanged(Guid BatchId, IReadOnlyList<DomainChange> Changes);

/// <summary>Access keys made, edited, rotated, revoked.</summary>
/// <param name="BatchId">UUIDv7; also the message id on the bus, and the same on every re-send.</param>
/// <param name="Changes">At most <see cref="DomainChange.MaximumInMessage"/> changes, oldest first.</param>
public sealed partial record AccessKeyChanged(Guid BatchId, IReadOnlyList<DomainChange> Changes);

/// <summary>Gateway settings saved or rolled back.</summary>
/// <param name="BatchId">UUIDv7; also the message id on the bus, and the same on every re-send.</param>
/// <param name="Changes">At most <see cref="DomainChange.MaximumInMessage"/> changes, oldest first.</param>
public sealed partial record SettingsChanged(Guid BatchId, IReadOnlyList<DomainChange> Changes);

/// <summary>Models of the catalogue, their aliases and fall-backs.</summary>
/// <param name="BatchId">UUIDv7; also the message id on the bus, and the same on every re-send.</param>
/// <param name="Changes">At most <see cref="DomainChange.MaximumInMessage"/> changes, oldest first.</param>
public sealed partial record ModelChanged(Guid BatchId, IReadOnlyList<DomainChange> Changes);

/// <summary>Sign-ins and actions of operators that change no stream.</summary>
/// <param name="BatchId">UUIDv7; also the message id on the bus, and the same on every re-send.</param>
/// <param name="Changes">At most <see cref="DomainChange.MaximumInMessage"/> changes, oldest first.</param>
public sealed partial record OperatorActed(Guid BatchId, IReadOnlyList<DomainChange> Changes);

/// <summary>What an entry of the audit log is about: the message that told it.</summary>
public enum AuditArea
{
    /// <summary><see cref="KeyChanged"/>.</summary>
    Keys,

    /// <summary><see cref="AccessKeyChanged"/>.</summary>
    AccessKeys,

    /// <summary><see cref="SettingsChanged"/>.</summary>
    Settings,

    /// <summary><see cref="ModelChanged"/>.</summary>
    Models,

    /// <summary><see cref="OperatorActed"/>.</summary>
    Operators,
}

/// <summary>An entry of the audit log.</summary>
/// <param name="Area">What it is about.</param>
/// <param name="Change">What happened.</param>
public sealed record AuditEntry(AuditArea Area, DomainChange Change);

/// <summary>A page of the audit log, newest first.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="Next">Give it as <c>after</c> for the next page; null on the last.</param>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, string? Next);
