namespace GeminiBalance.Contracts;

/// <summary>Where a job that runs by the clock stands. Every service that has such jobs tells them in this form.</summary>
/// <param name="Name">Its name, as in <c>POST …/jobs/{name}/run</c>.</param>
/// <param name="Running">Whether it runs now.</param>
/// <param name="LastRunAt">When it last ended (UTC); null when it never ran.</param>
/// <param name="Succeeded">Whether that run did all it had to; null when it never ran.</param>
/// <param name="Result">What that run did, or why it failed, in a sentence.</param>
/// <param name="NextRunAt">When it runs next by itself (UTC); null when it does not.</param>
public sealed record JobStatus(string Name, bool Running, DateTimeOffset? LastRunAt, bool? Succeeded, string? Result, DateTimeOffset? NextRunAt);

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
