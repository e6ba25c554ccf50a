using System.Reflection;

namespace GeminiBalance.LocalEngine;

/// <summary>Runs an AppHost's entry point as far as it says what there is, and lets a test go on from there.</summary>
internal sealed class EntryPointHook(Assembly assembly, Action<DistributedApplicationOptions>? configure)
{
    private static readonly AsyncLocal<EntryPointHook?> _current = new();
    private readonly TaskCompletionSource<LocalApplicationBuilder> _described = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static EntryPointHook? Current => _current.Value;

    public async Task<LocalApplicationBuilder> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var entry = assembly.EntryPoint ?? throw new InvalidOperationException($"Assembly {assembly.GetName().Name} has no entry point.");
        new Thread(() => Execute(entry, args)) { IsBackground = true, Name = "apphost entry point" }.Start();
        return await _described.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public LocalApplicationBuilder CreateBuilder(DistributedApplicationOptions options)
    {
        configure?.Invoke(options);
        options.AssemblyName = assembly.GetName().Name;
        options.DisableDashboard = true;
        string[] given = options.Args ?? [];
        options.Args =
        [
            "--DcpPublisher:RandomizePorts=true",
            "--LocalEngine:Ephemeral=true",
            "--DataFolder=" + Path.Combine(Path.GetTempPath(), "gemini-balance-test-" + Path.GetRandomFileName()),
            .. given,
        ];
        return new LocalApplicationBuilder(options) { Hook = this };
    }

    /// <summary>Hands the application over and ends the entry point: running it is the test's business.</summary>
    public DistributedApplication OnBuild(LocalApplicationBuilder builder)
    {
        _described.TrySetResult(builder);
        throw new EntryPointEndedException();
    }

    private void Execute(MethodInfo entry, string[] args)
    {
        _current.Value = this;
        try
        {
            object?[] parameters = entry.GetParameters().Length == 0 ? [] : [args];
            if (entry.Invoke(null, BindingFlags.DoNotWrapExceptions, null, parameters, null) is Task task) task.GetAwaiter().GetResult();
            _described.TrySetException(new InvalidOperationException("The entry point ended without building an application."));
        }
        catch (EntryPointEndedException)
        {
            // As meant.
        }
#pragma warning disable CA1031 // Whatever went wrong in the map is the test's to see.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _described.TrySetException(e);
        }
    }

    private sealed class EntryPointEndedException : Exception;
}
