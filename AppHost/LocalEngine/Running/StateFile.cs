using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace GeminiBalance.LocalEngine;

/// <summary>Tells other programs what runs, in <c>state.json</c> of the data folder. It is there exactly while the AppHost runs, or was killed.</summary>
internal sealed class StateFile : IAsyncDisposable
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly string _path;
    private readonly Func<RunState> _read;
    private readonly SemaphoreSlim _changed = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _writing;

    public StateFile(DataFolder data, Func<RunState> read)
    {
        _path = Path.Combine(data.Path, "state.json");
        _read = read;
        _writing = WriteAsync(_stopping.Token);
    }

    public void Changed()
    {
        if (_changed.CurrentCount == 0) _changed.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _writing.ConfigureAwait(false);
        File.Delete(_path);
        _stopping.Dispose();
        _changed.Dispose();
    }

    private async Task WriteAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await _changed.WaitAsync(stopping).ConfigureAwait(false);
                try
                {
                    PrivateFiles.Write(_path, JsonSerializer.SerializeToUtf8Bytes(_read(), _json));
                }
                catch (IOException)
                {
                    // A full disk: the next change tries again.
                }

                // Many changes come together while things start.
                await Task.Delay(50, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}

internal sealed record RunState(int Pid, DateTimeOffset StartedAt, bool Demo, IReadOnlyList<ResourceState> Resources);

internal sealed record ResourceState(
    string Name,
    string Type,
    string State,
    string? Health,
    IReadOnlyDictionary<string, string> Endpoints,
    IReadOnlyList<ReplicaState> Replicas,
    int? ExitCode,
    string? Reason,
    string? Log)
{
    public static ResourceState From(IResource resource, CustomResourceSnapshot snapshot, string? log)
    {
        Dictionary<string, string> endpoints = [];
        if (resource is IResourceWithEndpoints owner)
        {
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.AllocatedPort is not null))
                endpoints[endpoint.Name] = new EndpointReference(owner, endpoint.Name).Url;
        }

        return new ResourceState(
            resource.Name,
            snapshot.ResourceType,
            snapshot.State?.Text ?? KnownResourceStates.NotStarted,
            snapshot.HealthStatus?.ToString(),
            endpoints,
            [.. snapshot.ProcessIds.Select(pid => new ReplicaState(pid))],
            snapshot.ExitCode,
            snapshot.HealthStatus == HealthStatus.Healthy ? null : snapshot.Reason,
            log);
    }
}

internal sealed record ReplicaState(int Pid);
