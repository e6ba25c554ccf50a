namespace GeminiBalance.Contracts;

/// <summary>Where a job that runs by the clock stands. Every service that has such jobs tells them in this form.</summary>
/// <param name="Name">Its name, as in <c>POST …/jobs/{name}/run</c>.</param>
/// <param name="Running">Whether it runs now.</param>
/// <param name="LastRunAt">When it last ended (UTC); null when it never ran.</param>
/// <param name="Succeeded">Whether that run did all it had to; null when it never ran.</param>
/// <param name="Result">What that run did, or why it failed, in a sentence.</param>
/// <param name="NextRunAt">When it runs next by itself (UTC); null when it does not.</param>
public sealed record JobStatus(string Name, bool Running, DateTimeOffset? LastRunAt, bool? Succeeded, string? Result, DateTimeOffset? NextRunAt);
