using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace GeminiBalance.LocalEngine;

/// <summary>Tells how the resources are doing.</summary>
public class ResourceNotificationService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<Channel<ResourceEvent>, bool> _watchers = new();
    private readonly WaitBehavior _defaultBehavior;

    internal ResourceNotificationService(WaitBehavior defaultBehavior) => _defaultBehavior = defaultBehavior;

    internal event Action? Changed;

    /// <summary>What is known now of every resource, then every change.</summary>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<ResourceEvent>();
        lock (_gate)
        {
            foreach (var known in _current.Values) channel.Writer.TryWrite(known);
            _watchers[channel] = true;
        }

        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return change;
        }
        finally
        {
            _watchers.TryRemove(channel, out _);
        }
    }

    /// <summary>Waits until a resource is in a state.</summary>
    /// <param name="resourceName">Name of the resource.</param>
    /// <param name="targetState">The state; running when null.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, e => e.Snapshot.State?.Text == (targetState ?? KnownResourceStates.Running), cancellationToken);

    /// <summary>Waits until a resource is in one of several states, and tells which.</summary>
    /// <param name="resourceName">Name of the resource.</param>
    /// <param name="targetStates">The states.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        string[] states = [.. targetStates];
        var reached = await WaitForResourceAsync(resourceName, e => states.Contains(e.Snapshot.State?.Text), cancellationToken).ConfigureAwait(false);
        return reached.Snapshot.State!.Text;
    }

    /// <summary>Waits until something is true of a resource.</summary>
    /// <param name="resourceName">Name of the resource.</param>
    /// <param name="predicate">What must be true.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (var change in WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (string.Equals(change.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase) && predicate(change)) return change;
        }

        throw new OperationCanceledException(cancellationToken);
    }

    /// <summary>Waits until a resource runs and is healthy.</summary>
    /// <param name="resourceName">Name of the resource.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="DistributedApplicationException">The resource failed, and failures end waits in this application.</exception>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, _defaultBehavior, cancellationToken);

    /// <summary>Waits until a resource runs and is healthy.</summary>
    /// <param name="resourceName">Name of the resource.</param>
    /// <param name="waitBehavior">Whether a failure of the resource ends the wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="DistributedApplicationException">The resource failed, and a failure ends the wait.</exception>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var reached = await WaitForResourceAsync(
            resourceName,
            e => (IsRunning(e) && e.Snapshot is { HealthStatus: HealthStatus.Healthy, Ready: true })
                || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && IsTerminal(e)),
            cancellationToken).ConfigureAwait(false);
        return IsRunning(reached) ? reached : throw Failed(reached);
    }

    internal async Task WaitForDependencyAsync(WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var stops = (wait.WaitBehavior ?? _defaultBehavior) == WaitBehavior.StopOnResourceUnavailable;
        var name = wait.Resource.Name;
        var reached = await WaitForResourceAsync(
            name,
            e => wait.WaitType switch
            {
                WaitType.WaitForCompletion => HasCompleted(e, wait.ExitCode) || (IsTerminal(e) && stops),
                WaitType.WaitUntilStarted => IsRunning(e) || (IsTerminal(e) && stops),
                _ => (IsRunning(e) && e.Snapshot is { HealthStatus: HealthStatus.Healthy, Ready: true }) || (IsTerminal(e) && stops),
            },
            cancellationToken).ConfigureAwait(false);
        var failed = wait.WaitType == WaitType.WaitForCompletion ? !HasCompleted(reached, wait.ExitCode) : IsTerminal(reached);
        if (failed) throw Failed(reached);
    }

    internal void Update(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        lock (_gate)
        {
            var before = _current.TryGetValue(resource.Name, out var known) ? known.Snapshot : new() { ResourceType = resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal) };
            var after = change(before);
            if (after == before && known is not null) return;
            var update = new ResourceEvent(resource, resource.Name, after);
            _current[resource.Name] = update;
            foreach (var watcher in _watchers.Keys) watcher.Writer.TryWrite(update);
        }

        Changed?.Invoke();
    }

    internal CustomResourceSnapshot? Find(string name)
    {
        lock (_gate) return _current.TryGetValue(name, out var known) ? known.Snapshot : null;
    }

    private static bool IsRunning(ResourceEvent e) => e.Snapshot.State?.Text == KnownResourceStates.Running;

    private static bool IsTerminal(ResourceEvent e) => KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text ?? "");

    private static bool HasCompleted(ResourceEvent e, int exitCode) =>
        (e.Snapshot.State?.Text == KnownResourceStates.Finished || e.Snapshot.State?.Text == KnownResourceStates.Exited) && e.Snapshot.ExitCode == exitCode;

    private static DistributedApplicationException Failed(ResourceEvent e) => new(
        $"Resource '{e.Resource.Name}' is in state {e.Snapshot.State?.Text}"
        + (e.Snapshot.ExitCode is { } code ? $" with exit code {code}" : "")
        + (e.Snapshot.Reason is { } reason ? $": {reason}" : "."));
}
