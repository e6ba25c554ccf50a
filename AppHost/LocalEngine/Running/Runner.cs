using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace GeminiBalance.LocalEngine;

/// <summary>Runs the application: everything is checked before anything is started, and stopped in reverse order.</summary>
internal sealed class Runner(
    EngineSettings settings,
    IResourceCollection resources,
    ResourceNotificationService notifications,
    ParameterStore parameters,
    Display display,
    DistributedApplicationExecutionContext execution) : IHostedService, IDisposable
{
    // With what each process may take at least, everything has stopped within 15 seconds.
    private static readonly TimeSpan _stopTime = TimeSpan.FromSeconds(9);
    private readonly List<ResourceRunner> _runners = [];
    private readonly List<ResourceLog> _logs = [];
    private readonly Dictionary<IResource, Task> _databases = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly DateTimeOffset _startedAt = TimeProvider.System.GetUtcNow();
    private DataFolder? _data;
    private Spawner? _spawner;
    private StateFile? _state;
    private Task _telling = Task.CompletedTask;
    private Task _keeping = Task.CompletedTask;

    /// <summary>Who runs a resource.</summary>
    /// <exception cref="ArgumentException">Nobody does.</exception>
    public ResourceRunner RunnerOf(string resource) =>
        _runners.Find(r => r.Resource.Name == resource) ?? throw new ArgumentException($"No processes run for a resource '{resource}'.", nameof(resource));

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
            throw new DistributedApplicationException("The Local engine runs on Linux only: set AppHostEngine=Aspire to run with containers.");
        settings.Check();
        _data = DataFolder.Open(settings.DataFolder);
        try
        {
            var ports = AllocatePorts();
            _spawner = new Spawner();
            Prepare(ports);
            await ResolveParametersAsync(cancellationToken).ConfigureAwait(false);
            ports.Allocator.Save();
        }
        catch
        {
            _data.Dispose();
            _data = null;
            throw;
        }

        _state = new StateFile(_data, ReadState);
        notifications.Changed += _state.Changed;
        foreach (var resource in resources.Where(r => r is ILaunchable or PostgresDatabaseResource))
            notifications.Update(resource, s => s with { State = new(KnownResourceStates.NotStarted, null) });
        _telling = TellAsync(_stopping.Token);
        if (parameters.Given is { Count: > 0 } given)
        {
            display.Line("apphost", $"{string.Join(", ", given)}: what was given is kept in place of what parameters.json holds once everything runs with it");
            _keeping = KeepParametersAsync(_stopping.Token);
        }

        foreach (var runner in _runners) runner.Start();
        foreach (var database in resources.OfType<PostgresDatabaseResource>()) _databases[database] = WatchDatabaseAsync(database, _stopping.Token);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_data is null) return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_databases.Values).ConfigureAwait(false);
        await StopInOrderAsync().ConfigureAwait(false);
        await _telling.ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        notifications.Changed -= _state!.Changed;
        await _state.DisposeAsync().ConfigureAwait(false);
        _spawner!.Dispose();
        foreach (var log in _logs) log.Dispose();
        if (settings.Ephemeral) _data.Delete();
        _data.Dispose();
        _data = null;
    }

    /// <summary>Ends everything at once, for somebody who will not wait.</summary>
    public void Abort()
    {
        foreach (var runner in _runners) runner.Abort();
    }

    public void Dispose()
    {
        foreach (var runner in _runners) runner.Dispose();
        _stopping.Dispose();
        _data?.Dispose();
    }

    private (PortAllocator Allocator, Dictionary<IResource, Dictionary<string, int>> Internal) AllocatePorts()
    {
        PortAllocator allocator = new(
            _data!.Path, settings.RandomizePorts, port => PortAllocator.IsFree(port, settings.PublicBind), text => display.Line("apphost", text));
        var endpoints = resources
            .SelectMany(r => r.Annotations.OfType<EndpointAnnotation>().Select((e, i) => (Resource: r, Endpoint: e, Chosen: settings.ChosenPort(r.Name, e.Name, i == 0))))
            .ToArray();
        allocator.Reserve(endpoints.Select(e => e.Chosen ?? e.Endpoint.Port).OfType<int>());
        // The operator's choices first, then the projects': what may lie anywhere makes way.
        foreach (var (resource, endpoint, chosen) in endpoints.OrderBy(e => e.Chosen is not null ? 0 : e.Endpoint.Port is not null ? 1 : 2))
            endpoint.AllocatedPort = allocator.Allocate(resource.Name, endpoint.Name, chosen, endpoint.Port);

        Dictionary<IResource, Dictionary<string, int>> inner = [];
        foreach (var resource in resources.OfType<ILaunchable>())
        {
            inner[resource] = resource.CreateProcess().InternalPorts.ToDictionary(
                name => name,
                name => allocator.Allocate(resource.Name, name, settings.ChosenPort(resource.Name, name, isMain: false), null));
        }

        return (allocator, inner);
    }

    private void Prepare((PortAllocator Allocator, Dictionary<IResource, Dictionary<string, int>> Internal) ports)
    {
        List<MissingProgram> missing = [];
        foreach (var tool in (string[])["setsid", "setpriv"])
        {
            if (Programs.Find(tool) is null) missing.Add(new($"util-linux ({tool})", "util-linux"));
        }

        var waits = resources.SelectMany(r => r.Annotations.OfType<WaitAnnotation>()).ToArray();
        if (Array.Find(waits, w => !resources.Contains(w.Resource)) is { } stray)
            throw new DistributedApplicationException($"Resource '{stray.Resource.Name}' is waited for, but is not part of the application.");
        foreach (var resource in resources.OfType<ILaunchable>())
        {
            ResourceLog log = new(resource.Name, _data!.LogOf(resource.Name), display);
            _logs.Add(log);
            RunContext context = new(resource, settings, _data, _spawner!, log, execution, ports.Internal[resource]);
            var process = resource.CreateProcess();
            if (process.FindMissing(context) is { } program) missing.Add(program);
            var runsOnce = Array.Exists(waits, w => w.Resource == resource && w.WaitType == WaitType.WaitForCompletion);
            _runners.Add(new ResourceRunner(context, process, notifications, ports.Allocator, runsOnce, TimeProvider.System));
        }

        if (missing.Count > 0)
        {
            throw new DistributedApplicationException(
                $"Not installed: {string.Join(", ", missing.Select(m => m.What))}. Install with: sudo apt-get install --no-install-recommends {string.Join(' ', missing.Select(m => m.Package).Distinct())}");
        }
    }

    private async Task ResolveParametersAsync(CancellationToken cancellationToken)
    {
        var hidden = resources.SelectMany(r => r switch
        {
            PostgresServerResource p => (ParameterResource?[])[p.UserNameParameter, p.PasswordParameter],
            RedisResource p => [p.PasswordParameter],
            RabbitMQServerResource p => [p.UserNameParameter, p.PasswordParameter],
            _ => [],
        });
        foreach (var parameter in resources.OfType<ParameterResource>().Concat(hidden.OfType<ParameterResource>()))
            await parameter.GetValueAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A database is as its server is, once it exists.</summary>
    private async Task WatchDatabaseAsync(PostgresDatabaseResource database, CancellationToken stopping)
    {
        try
        {
            await foreach (var change in notifications.WatchAsync(stopping).ConfigureAwait(false))
            {
                if (change.Resource != database.Parent) continue;
                var server = change.Snapshot;
                notifications.Update(database, s => s with
                {
                    State = server.Ready || server.State?.Text != KnownResourceStates.Running ? server.State : s.State,
                    HealthStatus = server.Ready ? server.HealthStatus : null,
                    Ready = server.Ready,
                    Reason = server.Reason,
                });
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task StopInOrderAsync()
    {
        Dictionary<IResource, Task> stops = [];
        var began = TimeProvider.System.GetTimestamp();
        foreach (var (resource, users) in StopOrder.Of(resources))
        {
            var runner = _runners.Find(r => r.Resource == resource);
            if (runner is not null) stops[resource] = StopAfterAsync(runner, [.. users.Where(stops.ContainsKey).Select(u => stops[u])], began);
        }

        await Task.WhenAll(stops.Values).ConfigureAwait(false);
    }

    private static async Task StopAfterAsync(ResourceRunner runner, Task[] users, long began)
    {
        await Task.WhenAll(users).ConfigureAwait(false);
        await runner.StopAsync(_stopTime - TimeProvider.System.GetElapsedTime(began)).ConfigureAwait(false);
    }

    /// <summary>A given value has proven itself when everything runs with it.</summary>
    private async Task KeepParametersAsync(CancellationToken stopping)
    {
        var all = resources.Where(r => r is ILaunchable or PostgresDatabaseResource).ToArray();
        try
        {
            await foreach (var change in notifications.WatchAsync(stopping).ConfigureAwait(false))
            {
                if (!Array.TrueForAll(all, r => notifications.Find(r.Name) is { IsWell: true })) continue;
                parameters.KeepGiven();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
        catch (IOException e)
        {
            display.Line("apphost", $"what was given cannot be kept: {e.Message}");
        }
    }

    private RunState ReadState() => new(
        Environment.ProcessId,
        _startedAt,
        settings.Demo,
        [.. resources.Where(r => notifications.Find(r.Name) is not null)
            .Select(r => ResourceState.From(r, notifications.Find(r.Name)!, r is ILaunchable ? _data!.LogOf(r.Name) : null))]);

    private async Task TellAsync(CancellationToken stopping)
    {
        Dictionary<string, string> told = [];
        try
        {
            await foreach (var change in notifications.WatchAsync(stopping).ConfigureAwait(false))
            {
                var (name, snapshot) = (change.Resource.Name, change.Snapshot);
                var text = snapshot.State?.Text == KnownResourceStates.Running && snapshot is { HealthStatus: HealthStatus.Healthy, Ready: true }
                    ? "healthy" + (change.Resource is IResourceWithEndpoints owner
                        ? string.Concat(change.Resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.IsHttp).Select(e => " at " + new EndpointReference(owner, e.Name).Url))
                        : "")
                    : snapshot.State?.Text ?? "";
                if (told.GetValueOrDefault(name) == text || text == KnownResourceStates.NotStarted) continue;
                told[name] = text;
                display.Line("apphost", $"{name}: {text}" + (text == KnownResourceStates.FailedToStart && snapshot.Reason is { } reason ? $" ({reason})" : ""));
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}

/// <summary>Who uses whom, so that users stop before what they use.</summary>
internal static class StopOrder
{
    /// <summary>Every resource after all that use it, with these users. Of two that use each other, the later one stops first.</summary>
    public static IReadOnlyList<(IResource Resource, IReadOnlyList<IResource> Users)> Of(IEnumerable<IResource> resources)
    {
        List<IResource> startOrder = [];
        HashSet<IResource> seen = [];
        void Visit(IResource resource)
        {
            if (!seen.Add(resource)) return;
            foreach (var used in UsedBy(resource)) Visit(used);
            startOrder.Add(resource);
        }

        foreach (var resource in resources) Visit(resource);
        return [.. Enumerable.Range(0, startOrder.Count).Reverse().Select(i =>
            (startOrder[i], (IReadOnlyList<IResource>)[.. startOrder.Skip(i + 1).Where(user => UsedBy(user).Contains(startOrder[i]))]))];
    }

    private static IEnumerable<IResource> UsedBy(IResource resource)
    {
        var said = resource.Annotations.OfType<WaitAnnotation>().Select(w => w.Resource)
            .Concat(resource.Annotations.OfType<UsesAnnotation>().Select(u => u.Resource));
        // A database has no process of its own: who uses it uses its server.
        return said.Select(r => r is IResourceWithParent child ? child.Parent : r).Distinct();
    }
}
