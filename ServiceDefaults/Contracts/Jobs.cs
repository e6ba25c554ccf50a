namespace GeminiBalance.Contracts;

/// <summary>Where a job stands. Every service that has jobs tells them in this form, at <c>GET /jobs</c>.</summary>
/// <param name="Name">Its name, as in <c>POST /jobs/{name}/runs</c>.</param>
/// <param name="Running">Whether it runs now, on any replica.</param>
/// <param name="LastRunAt">When a run last ended (UTC); null when none did.</param>
/// <param name="Succeeded">Whether that run did all it had to; null when none ended.</param>
/// <param name="Result">What that run did, or why it failed, in a sentence.</param>
/// <param name="NextRunAt">When it runs next by itself (UTC); null when it does not.</param>
/// <param name="StartedAt">When the run that runs now, or else the last one, began (UTC); null when none did.</param>
/// <param name="DurationMilliseconds">How long the run took that ended last; null when none did.</param>
/// <param name="By">Who asked for the run of <paramref name="StartedAt"/>; <c>schedule</c> when the clock did.</param>
/// <param name="EverySeconds">The seconds between two begins of a job that comes again and again.</param>
/// <param name="DailyAt">The time and time zone of a job that comes once a day, as <c>00:00 America/Los_Angeles</c>.</param>
public sealed record JobStatus(
    string Name,
    bool Running,
    DateTimeOffset? LastRunAt,
    bool? Succeeded,
    string? Result,
    DateTimeOffset? NextRunAt,
    DateTimeOffset? StartedAt = null,
    long? DurationMilliseconds = null,
    string? By = null,
    double? EverySeconds = null,
    string? DailyAt = null);

/// <summary>How far a rebuild is.</summary>
public enum RebuildState
{
    /// <summary>On its way; the view serves what it had.</summary>
    Running,

    /// <summary>In its place.</summary>
    Succeeded,

    /// <summary>Given up; the view is as it was.</summary>
    Failed,
}

/// <summary>A view that is, or was, made anew from the events.</summary>
/// <param name="Name">The view.</param>
/// <param name="State">How far it is.</param>
/// <param name="Position">The last event folded.</param>
/// <param name="Target">The last event to fold, as far as is known.</param>
/// <param name="StartedAt">When it was begun (UTC).</param>
/// <param name="EndedAt">When it ended (UTC); null while it runs.</param>
/// <param name="Fault">Why it failed.</param>
public sealed record RebuildStatus(string Name, RebuildState State, long Position, long Target, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Fault);
