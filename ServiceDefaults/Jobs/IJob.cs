namespace GeminiBalance.ServiceDefaults.Jobs;

/// <summary>Work that a service does by the clock, or when somebody asks for it. Whatever it does, doing it again must do no harm: a run that was cut off is repeated.</summary>
public interface IJob
{
    /// <summary>Its name for people and programs, in kebab-case; unique over all services.</summary>
    string Name { get; }

    /// <summary>When it runs by itself; null when it runs only if asked. Read before every decision, so that it may follow a setting.</summary>
    JobSchedule? Schedule { get; }

    /// <summary>How long a run may take before it is given up.</summary>
    TimeSpan Longest => TimeSpan.FromHours(4);

    /// <summary>Does the work. No other replica does it meanwhile.</summary>
    /// <param name="run">Who asked for this run, and when it began.</param>
    /// <param name="cancellation">Ends the run: the service stops, the run took too long, or the right to run it was lost.</param>
    /// <returns>What was done, in one sentence for people. It is kept and shown, so it holds no secret.</returns>
    /// <exception cref="JobFailedException">It could not be done, for a reason that people may read.</exception>
    Task<string> RunAsync(JobRun run, CancellationToken cancellation);
}

/// <summary>One run of a job.</summary>
/// <param name="By">The operator who asked for it; <see cref="BySchedule"/> when the clock did.</param>
/// <param name="StartedAt">When it began (UTC).</param>
public sealed record JobRun(string By, DateTimeOffset StartedAt)
{
    /// <summary>Who asks for the runs that come by the clock.</summary>
    public const string BySchedule = "schedule";

    /// <summary>Whether the clock asked for it.</summary>
    public bool IsScheduled => By == BySchedule;
}

/// <summary>A job could not be done. The message is kept as the result of the run and shown to operators; of every other exception they see only the kind.</summary>
public sealed class JobFailedException : Exception
{
    /// <summary>Says why.</summary>
    /// <param name="message">One sentence without secrets.</param>
    public JobFailedException(string message)
        : base(message)
    {
    }

    /// <summary>Says why, and what was behind it.</summary>
    /// <param name="message">One sentence without secrets.</param>
    /// <param name="innerException">For the log only.</param>
    public JobFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Says nothing.</summary>
    public JobFailedException()
    {
    }
}
