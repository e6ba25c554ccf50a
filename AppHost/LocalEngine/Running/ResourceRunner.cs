using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace GeminiBalance.LocalEngine;

/// <summary>Runs one resource: waits for others, starts its processes, keeps them running, watches their health, stops them.</summary>
internal sealed class ResourceRunner : IDisposable
{
    private const int RefusedExitCode = 1;
    private static readonly TimeSpan _probeTimeout = TimeSpan.FromSeconds(5);
    private readonly IServerProcess _process;
    private readonly RunContext _context;
    private readonly ResourceNotificationService _notifications;
    private readonly PortAllocator _ports;
    private readonly bool _runsOnce;
    private readonly TimeProvider _time;
    private readonly Replica[] _replicas;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<EndpointProxy> _proxies = [];
    private Task _running = Task.CompletedTask;
    private bool _wasHealthy;

    public ResourceRunner(RunContext context, IServerProcess process, ResourceNotificationService notifications, PortAllocator ports, bool runsOnce, TimeProvider time)
    {
        (_context, _process, _notifications, _ports, _runsOnce, _time) = (context, process, notifications, ports, runsOnce, time);
        _replicas = [.. Enumerable.Range(0, ReplicasOf(Resource)).Select(i => new Replica(i))];
    }

    public IResource Resource => _context.Resource;

    public IReadOnlyList<Replica> Replicas => _replicas;

    public static int ReplicasOf(IResource resource) => resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;

    public static bool IsBehindProxy(IResource resource, EndpointAnnotation endpoint) =>
        endpoint.IsProxied && (ReplicasOf(resource) > 1 || endpoint.TargetPort is not null);

    public void Start() => _running = RunAsync(_stopping.Token);

    /// <param name="timeLeft">What is left of the time for stopping everything.</param>
    public async Task StopAsync(TimeSpan timeLeft)
    {
        var patience = timeLeft > _process.Patience ? _process.Patience : timeLeft > _process.LeastPatience ? timeLeft : _process.LeastPatience;
        var ran = _replicas.Any(r => r.IsRunning);
        if (ran) Publish(s => s with { State = State(KnownResourceStates.Stopping) });
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_replicas.Select(r => r.Child?.StopAsync(patience) ?? Task.CompletedTask)).ConfigureAwait(false);
        foreach (var proxy in _proxies) proxy.Dispose();
        await _running.ConfigureAwait(false);
        await _process.OnStoppedAsync().ConfigureAwait(false);
        if (ran) Publish(s => s with { State = State(KnownResourceStates.Exited), HealthStatus = null, ProcessIds = [] });
    }

    /// <summary>Ends everything at once.</summary>
    public void Abort()
    {
        _stopping.Cancel();
        foreach (var replica in _replicas) replica.Child?.Abort();
    }

    /// <summary>Ends a replica's process by a signal and keeps it down; <see cref="Release"/> lets it start again. Counts for nothing in the restart policy.</summary>
    public static Task TakeDownAsync(Replica replica, Signal signal)
    {
        Outage outage = new();
        replica.Outage = outage;
        if (replica.Child is { } child) SendDown(child, signal);
        return outage.Reached;
    }

    /// <summary>Lets a replica that was taken down start again.</summary>
    public static void Release(Replica replica)
    {
        var outage = replica.Outage;
        replica.Outage = null;
        outage?.End();
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _wake.Dispose();
    }

    /// <summary>To the process also by itself: in its first moments it leads no group yet.</summary>
    private static void SendDown(Child child, Signal signal)
    {
        child.Send(signal);
        if (signal == Signal.Kill) child.Send(signal, group: true);
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            var waits = Resource.Annotations.OfType<WaitAnnotation>().ToArray();
            if (waits.Length > 0) Publish(s => s with { State = State(KnownResourceStates.Waiting) });
            foreach (var wait in waits) await _notifications.WaitForDependencyAsync(wait, stopping).ConfigureAwait(false);
            Publish(s => s with { State = State(KnownResourceStates.Starting) });
            OpenProxies();
            await Task.WhenAll([WatchHealthAsync(stopping), .. _replicas.Select(r => KeepAsync(r, stopping))]).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped while it waited.
        }
        catch (Exception e) when (e is DistributedApplicationException or SocketException)
        {
            _context.Log.Note("cannot start: " + e.Message);
            Publish(s => s with { State = State(KnownResourceStates.FailedToStart), Reason = e.Message });
        }
    }

    private void OpenProxies()
    {
        foreach (var endpoint in Resource.Annotations.OfType<EndpointAnnotation>().Where(e => IsBehindProxy(Resource, e)))
        {
            var everywhere = _context.Settings.PublicBind && endpoint.IsExternal;
            _proxies.Add(new EndpointProxy(endpoint.AllocatedPort!.Value, everywhere, () => [.. _replicas.Where(r => r.IsRunning).Select(r => r.Ports[endpoint])]));
        }
    }

    private async Task KeepAsync(Replica replica, CancellationToken stopping)
    {
        RestartPolicy policy = new();
        while (!stopping.IsCancellationRequested)
        {
            if (replica.Outage is { } outage)
            {
                await outage.LastAsync(stopping).ConfigureAwait(false);
                policy = new();
            }

            var started = _time.GetTimestamp();
            var code = await RunOnceAsync(replica, stopping).ConfigureAwait(false);
            if (stopping.IsCancellationRequested) return;
            if (replica.Outage is not null)
            {
                PublishReplicas(code, null);
                continue;
            }

            if (_runsOnce || (_process.MayFinish && code == 0))
            {
                Finish(code);
                return;
            }

            var refused = code == RefusedExitCode && Resource is ProjectResource && !_wasHealthy;
            var delay = policy.OnExit(_time.GetUtcNow(), _time.GetElapsedTime(started), refused);
            var what = string.Create(CultureInfo.InvariantCulture, $"ended with exit code {code}");
            if (delay is null)
            {
                replica.HasFailed = true;
                _context.Log.Note($"{what}; it is not started again");
                PublishReplicas(code, _context.Log.Tail);
                return;
            }

            _context.Log.Note(string.Create(CultureInfo.InvariantCulture, $"{what}; starts again in {delay.Value.TotalSeconds:0} s"));
            PublishReplicas(code, null);
            await Task.Delay(delay.Value, _time, stopping).ConfigureAwait(false);
        }
    }

    private async Task<int> RunOnceAsync(Replica replica, CancellationToken stopping)
    {
        try
        {
            await _process.PrepareAsync(_context, stopping).ConfigureAwait(false);
            foreach (var endpoint in Resource.Annotations.OfType<EndpointAnnotation>())
                replica.Ports[endpoint] = IsBehindProxy(Resource, endpoint) ? TargetPort(endpoint) : endpoint.AllocatedPort!.Value;
            var launch = await _process.DescribeAsync(_context, replica, stopping).ConfigureAwait(false);
            replica.Child = await _context.Spawner.StartAsync(launch, _context.Log.Line).ConfigureAwait(false);
            // A stop that came while the process was being started has not seen it.
            if (stopping.IsCancellationRequested) await replica.Child.StopAsync(_process.Patience).ConfigureAwait(false);
            if (replica.Outage is not null) SendDown(replica.Child, Signal.Kill);
            replica.IsRunning = true;
            PublishReplicas(null, null);
            _wake.Release();
            var code = await replica.Child.Exited.ConfigureAwait(false);
            replica.IsRunning = false;
            _wake.Release();
            return code;
        }
        catch (DistributedApplicationException e)
        {
            _context.Log.Line(e.Message);
            return -1;
        }
    }

    private int TargetPort(EndpointAnnotation endpoint) =>
        endpoint.TargetPort is { } fixedPort && _replicas.Length == 1 ? fixedPort : _ports.RandomPort();

    private async Task WatchHealthAsync(CancellationToken stopping)
    {
        var failures = 0;
        while (_replicas.Any(r => !r.HasFailed) && !IsFinished())
        {
            var (status, reason) = await ProbeAllAsync(stopping).ConfigureAwait(false);
            if (status == HealthStatus.Healthy && _notifications.Find(Resource.Name) is not { Ready: true })
            {
                try
                {
                    await _process.OnReadyAsync(_context, stopping).ConfigureAwait(false);
                    _wasHealthy = true;
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    (status, reason) = (HealthStatus.Unhealthy, e.Message);
                }
            }

            failures = status == HealthStatus.Healthy ? 0 : failures + 1;
            // Without a process there is nothing to say: who keeps it running tells what became of it.
            Publish(s => s.State?.Text == KnownResourceStates.Running && status is not null
                ? s with { HealthStatus = status, Ready = s.Ready || status == HealthStatus.Healthy, Reason = reason ?? (status == HealthStatus.Healthy ? null : s.Reason) }
                : s);
            await _wake.WaitAsync(Delay(failures), stopping).ConfigureAwait(false);
        }
    }

    private TimeSpan Delay(int failures) => (_wasHealthy, failures) switch
    {
        (_, 0) => TimeSpan.FromSeconds(10),
        (true, _) => TimeSpan.FromSeconds(Math.Min(failures, 5)),
        (false, < 20) => TimeSpan.FromMilliseconds(100),
        _ => TimeSpan.FromMilliseconds(300),
    };

    private async Task<(HealthStatus? Status, string? Reason)> ProbeAllAsync(CancellationToken stopping)
    {
        var running = _replicas.Where(r => r.IsRunning).ToArray();
        if (running.Length == 0) return (null, null);
        var faults = await Task.WhenAll(running.Select(r => ProbeAsync(r, stopping))).ConfigureAwait(false);
        var healthy = faults.Count(f => f is null);
        var status = healthy == _replicas.Length ? HealthStatus.Healthy : healthy > 0 ? HealthStatus.Degraded : HealthStatus.Unhealthy;
        return (status, Array.Find(faults, f => f is not null));
    }

    private async Task<string?> ProbeAsync(Replica replica, CancellationToken stopping)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        timeout.CancelAfter(_probeTimeout);
        try
        {
            await _process.ProbeAsync(_context, replica, timeout.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return "no answer to the health check within 5 s";
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return e.Message;
        }
    }

    private bool IsFinished() => KnownResourceStates.TerminalStates.Contains(_notifications.Find(Resource.Name)?.State?.Text ?? "");

    private void Finish(int code)
    {
        if (_replicas.Any(r => r.IsRunning)) return;
        var state = code == 0 ? KnownResourceStates.Finished : KnownResourceStates.Exited;
        Publish(s => s with { State = State(state), ExitCode = code, ProcessIds = [], HealthStatus = null, Reason = code == 0 ? null : _context.Log.Tail });
        _wake.Release();
    }

    private void PublishReplicas(int? exitCode, string? reason)
    {
        var running = _replicas.Where(r => r.IsRunning).Select(r => r.Child!.Pid).ToArray();
        var state = running.Length > 0 ? KnownResourceStates.Running
            : _replicas.All(r => r.HasFailed) ? KnownResourceStates.FailedToStart
            : KnownResourceStates.Starting;
        Publish(s => s with
        {
            State = State(state),
            ExitCode = running.Length > 0 ? null : exitCode ?? s.ExitCode,
            ProcessIds = running,
            // Nobody may take a process for healthy before it was asked.
            HealthStatus = running.Length > 0 ? s.HealthStatus ?? HealthStatus.Unhealthy : null,
            Reason = reason ?? s.Reason,
        });
    }

    private void Publish(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) => _notifications.Update(Resource, change);

    private static ResourceStateSnapshot State(string text) => new(text, null);
}
