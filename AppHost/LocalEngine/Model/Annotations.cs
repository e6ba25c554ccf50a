namespace GeminiBalance.LocalEngine;

/// <summary>How many instances of a project run.</summary>
public sealed class ReplicaAnnotation : IResourceAnnotation
{
    /// <summary>Says how many.</summary>
    /// <param name="replicas">At least 1.</param>
    public ReplicaAnnotation(int replicas = 1) => Replicas = replicas;

    /// <summary>The number of instances.</summary>
    public int Replicas { get; }
}

/// <summary>A resource waits for another one before it starts.</summary>
public sealed class WaitAnnotation : IResourceAnnotation
{
    /// <summary>Says what is waited for.</summary>
    /// <param name="resource">The other resource.</param>
    /// <param name="waitType">What it must have reached.</param>
    /// <param name="exitCode">The exit code asked of it when its completion is waited for.</param>
    public WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0)
    {
        Resource = resource;
        WaitType = waitType;
        ExitCode = exitCode;
    }

    /// <summary>The other resource.</summary>
    public IResource Resource { get; }

    /// <summary>What it must have reached.</summary>
    public WaitType WaitType { get; }

    /// <summary>The exit code asked of it.</summary>
    public int ExitCode { get; }

    /// <summary>What happens when the other resource cannot get there any more; null for the application's default.</summary>
    public WaitBehavior? WaitBehavior { get; set; }
}

/// <summary>What a resource must have reached before another one starts.</summary>
public enum WaitType
{
    /// <summary>It runs, is healthy, and what was to be done at that moment is done.</summary>
    WaitUntilHealthy,

    /// <summary>It ran to its end.</summary>
    WaitForCompletion,

    /// <summary>It runs.</summary>
    WaitUntilStarted,
}

/// <summary>What a waiting resource does when the awaited one has failed.</summary>
public enum WaitBehavior
{
    /// <summary>It goes on waiting.</summary>
    WaitOnResourceUnavailable,

    /// <summary>It fails too.</summary>
    StopOnResourceUnavailable,
}

/// <summary>A health check of a resource.</summary>
public class HealthCheckAnnotation : IResourceAnnotation
{
    /// <summary>Names the check.</summary>
    /// <param name="key">Unique name of the check.</param>
    public HealthCheckAnnotation(string key) => Key = key;

    /// <summary>Unique name of the check.</summary>
    public string Key { get; }
}

/// <summary>Adds environment variables to a resource when it starts.</summary>
public class EnvironmentCallbackAnnotation : IResourceAnnotation
{
    /// <summary>With a callback that may wait.</summary>
    /// <param name="callback">Called at each start.</param>
    public EnvironmentCallbackAnnotation(Func<EnvironmentCallbackContext, Task> callback) => Callback = callback;

    /// <summary>With a callback.</summary>
    /// <param name="callback">Called at each start.</param>
    public EnvironmentCallbackAnnotation(Action<EnvironmentCallbackContext> callback) => Callback = context =>
    {
        callback(context);
        return Task.CompletedTask;
    };

    /// <summary>Called at each start.</summary>
    public Func<EnvironmentCallbackContext, Task> Callback { get; }
}

/// <summary>The environment variables of a resource that is about to start.</summary>
public class EnvironmentCallbackContext
{
    /// <summary>For one start of one resource.</summary>
    /// <param name="executionContext">What the AppHost is doing.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="environmentVariables">The variables so far.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public EnvironmentCallbackContext(
        DistributedApplicationExecutionContext executionContext,
        IResource resource,
        Dictionary<string, object>? environmentVariables = null,
        CancellationToken cancellationToken = default)
    {
        ExecutionContext = executionContext;
        Resource = resource;
        EnvironmentVariables = environmentVariables ?? [];
        CancellationToken = cancellationToken;
    }

    /// <summary>The variables by name; a value is a string or something that gives one.</summary>
    public Dictionary<string, object> EnvironmentVariables { get; }

    /// <summary>What the AppHost is doing.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <summary>The resource.</summary>
    public IResource Resource { get; }

    /// <summary>Cancels the start.</summary>
    public CancellationToken CancellationToken { get; }
}

internal sealed class CommandLineArgsAnnotation(IReadOnlyList<object> args) : IResourceAnnotation
{
    public IReadOnlyList<object> Args { get; } = args;
}

internal sealed class HttpHealthCheckAnnotation(string key, string? endpointName, string path, int statusCode) : HealthCheckAnnotation(key)
{
    public string? EndpointName { get; } = endpointName;

    public string Path { get; } = path;

    public int StatusCode { get; } = statusCode;
}

/// <summary>A resource uses another one: it stops first.</summary>
internal sealed class UsesAnnotation(IResource resource) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;
}

/// <summary>The server keeps its data over restarts by writing it to disk.</summary>
internal sealed class PersistenceAnnotation(TimeSpan interval, long keysChangedThreshold) : IResourceAnnotation
{
    public TimeSpan Interval { get; } = interval;

    public long KeysChangedThreshold { get; } = keysChangedThreshold;
}
