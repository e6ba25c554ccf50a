using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace GeminiBalance.LocalEngine;

/// <summary>What is known of a resource at one moment.</summary>
public sealed record CustomResourceSnapshot
{
    /// <summary>The kind of resource.</summary>
    public required string ResourceType { get; init; }

    /// <summary>The state; null before the application starts.</summary>
    public ResourceStateSnapshot? State { get; init; }

    /// <summary>The exit code, once it has ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The health; null while it is not known.</summary>
    public HealthStatus? HealthStatus { get; internal init; }

    /// <summary>Whether what was to be done at the first healthy moment is done.</summary>
    internal bool Ready { get; init; }

    /// <summary>Whether it does its work, or has done it.</summary>
    internal bool IsWell => State?.Text == KnownResourceStates.Finished
        ? ExitCode == 0
        : State?.Text == KnownResourceStates.Running && HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy && Ready;

    /// <summary>Process ids of the running instances.</summary>
    internal IReadOnlyList<int> ProcessIds { get; init; } = [];

    /// <summary>Why it is as it is, when that is not plain.</summary>
    internal string? Reason { get; init; }
}

/// <summary>A state by name.</summary>
/// <param name="Text">One of <see cref="KnownResourceStates"/>.</param>
/// <param name="Style">How it is shown.</param>
public sealed record ResourceStateSnapshot(string Text, string? Style);

/// <summary>A resource and what is known of it.</summary>
public class ResourceEvent
{
    /// <summary>Makes the event.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="resourceId">Its id.</param>
    /// <param name="snapshot">What is known of it.</param>
    public ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
    {
        Resource = resource;
        ResourceId = resourceId;
        Snapshot = snapshot;
    }

    /// <summary>The resource.</summary>
    public IResource Resource { get; }

    /// <summary>Its id.</summary>
    public string ResourceId { get; }

    /// <summary>What is known of it.</summary>
    public CustomResourceSnapshot Snapshot { get; }
}

/// <summary>Names of states.</summary>
public static class KnownResourceStates
{
    /// <summary>Not started yet.</summary>
    public static readonly string NotStarted = nameof(NotStarted);

    /// <summary>Waits for other resources.</summary>
    public static readonly string Waiting = nameof(Waiting);

    /// <summary>Is being started.</summary>
    public static readonly string Starting = nameof(Starting);

    /// <summary>Runs.</summary>
    public static readonly string Running = nameof(Running);

    /// <summary>Could not be started.</summary>
    public static readonly string FailedToStart = nameof(FailedToStart);

    /// <summary>Is being stopped.</summary>
    public static readonly string Stopping = nameof(Stopping);

    /// <summary>Ended, not by itself or not well.</summary>
    public static readonly string Exited = nameof(Exited);

    /// <summary>Ran to its end.</summary>
    public static readonly string Finished = nameof(Finished);

    /// <summary>Its run-time environment is not healthy.</summary>
    public static readonly string RuntimeUnhealthy = nameof(RuntimeUnhealthy);

    /// <summary>States that are left only by a new start.</summary>
    public static readonly IReadOnlyList<string> TerminalStates = [Finished, FailedToStart, Exited, RuntimeUnhealthy];
}
