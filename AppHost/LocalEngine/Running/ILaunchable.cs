namespace GeminiBalance.LocalEngine;

/// <summary>A resource that runs as processes.</summary>
internal interface ILaunchable : IResource
{
    IServerProcess CreateProcess();
}

/// <summary>How a resource runs: what it needs, how it is started, how one sees that it works.</summary>
internal interface IServerProcess
{
    /// <summary>Names of ports it needs beside its endpoints.</summary>
    IEnumerable<string> InternalPorts => [];

    /// <summary>What must be installed and is not: what to say and the package that brings it; null when nothing is missing.</summary>
    MissingProgram? FindMissing(RunContext context) => null;

    /// <summary>Called before every start.</summary>
    Task PrepareAsync(RunContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>How it is started.</summary>
    Task<Launch> DescribeAsync(RunContext context, Replica replica, CancellationToken cancellationToken);

    /// <summary>Throws while it does not work.</summary>
    Task ProbeAsync(RunContext context, Replica replica, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called once, when it works for the first time.</summary>
    Task OnReadyAsync(RunContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called when its processes have been stopped for good.</summary>
    Task OnStoppedAsync() => Task.CompletedTask;

    /// <summary>How long it may take to end by itself.</summary>
    TimeSpan Patience => TimeSpan.FromSeconds(4);

    /// <summary>How long it may take at least, when those that stopped before it have used up the time of all.</summary>
    TimeSpan LeastPatience => TimeSpan.FromSeconds(2.5);

    /// <summary>Whether an end with exit code 0 is the purpose of the process.</summary>
    bool MayFinish => false;
}

internal sealed record MissingProgram(string What, string Package);

/// <summary>One instance of a resource.</summary>
internal sealed class Replica(int index)
{
    public int Index { get; } = index;

    /// <summary>The port it listens on for each endpoint.</summary>
    public Dictionary<EndpointAnnotation, int> Ports { get; } = [];

    public Child? Child { get; set; }

    public bool IsRunning { get; set; }

    public bool HasFailed { get; set; }

    /// <summary>While set, it is down on purpose and not started again.</summary>
    public Outage? Outage { get; set; }
}

/// <summary>A replica taken down by a test, for as long as the test likes.</summary>
internal sealed class Outage
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when no process is left and none is started.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Lets the replica be started again.</summary>
    public void End() => _over.TrySetResult();

    /// <summary>The replica is down until the end.</summary>
    public Task LastAsync(CancellationToken cancellationToken)
    {
        _reached.TrySetResult();
        return _over.Task.WaitAsync(cancellationToken);
    }
}

/// <summary>What a resource may use while it runs.</summary>
internal sealed class RunContext(
    IResource resource,
    EngineSettings settings,
    DataFolder data,
    Spawner spawner,
    ResourceLog log,
    DistributedApplicationExecutionContext execution,
    IReadOnlyDictionary<string, int> internalPorts)
{
    public IResource Resource => resource;

    public EngineSettings Settings => settings;

    public DataFolder Data => data;

    public Spawner Spawner => spawner;

    public ResourceLog Log => log;

    /// <summary>The resource's own folder.</summary>
    public string Folder => data.FolderOf(resource.Name);

    public int InternalPort(string name) => internalPorts[name];

    /// <summary>The environment variables said of the resource, with their values.</summary>
    public async Task<Dictionary<string, string>> ResolveEnvironmentAsync(CancellationToken cancellationToken)
    {
        EnvironmentCallbackContext context = new(execution, resource, cancellationToken: cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>()) await annotation.Callback(context).ConfigureAwait(false);
        Dictionary<string, string> resolved = [];
        foreach (var (name, value) in context.EnvironmentVariables)
        {
            if (await ResolveAsync(value, cancellationToken).ConfigureAwait(false) is { } text) resolved[name] = text;
        }

        return resolved;
    }

    public async Task<List<string>> ResolveArgsAsync(CancellationToken cancellationToken)
    {
        List<string> args = [];
        foreach (var arg in resource.Annotations.OfType<CommandLineArgsAnnotation>().SelectMany(a => a.Args))
        {
            if (await ResolveAsync(arg, cancellationToken).ConfigureAwait(false) is { } text) args.Add(text);
        }

        return args;
    }

    private static async ValueTask<string?> ResolveAsync(object value, CancellationToken cancellationToken) => value switch
    {
        string text => text,
        IValueProvider provider => await provider.GetValueAsync(cancellationToken).ConfigureAwait(false),
        _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture),
    };
}
