using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GeminiBalance.LocalEngine;

/// <summary>An application of several services and servers, run as processes of this machine.</summary>
public class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private bool _started;
    private bool _stopped;

    /// <summary>Wraps the AppHost's own host.</summary>
    /// <param name="host">The host.</param>
    public DistributedApplication(IHost host) => _host = host;

    /// <summary>The AppHost's own services.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>Tells how the resources are doing.</summary>
    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    internal bool IsStarted => _started;

    /// <summary>Begins an application.</summary>
    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    /// <summary>Begins an application.</summary>
    /// <param name="args">Command line arguments: settings as <c>--Name value</c>.</param>
    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => CreateBuilder(new DistributedApplicationOptions { Args = args });

    /// <summary>Begins an application.</summary>
    /// <param name="options">How.</param>
    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options)
    {
        if (EntryPointHook.Current is { } hook) return hook.CreateBuilder(options);
        // What the map says wrong is said in one sentence, like everything else that keeps the application from starting.
        AppDomain.CurrentDomain.UnhandledException += (_, e) => Refuse(e.ExceptionObject as Exception);
        return new LocalApplicationBuilder(options);
    }

    /// <summary>Runs until it is told to stop.</summary>
    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <summary>Runs until it is told to stop. What keeps it from starting is said on the error stream, and the exit code is 1.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await StartAsync(cancellationToken).ConfigureAwait(false);
            await _host.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            _stopped = true;
        }
        catch (DistributedApplicationException e)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            Environment.ExitCode = 1;
        }
        finally
        {
            await DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Starts everything; the resources come up in the background.</summary>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="DistributedApplicationException">It cannot be started as asked; nothing runs.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        _started = true;
        await _host.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops everything, users before what they use.</summary>
    /// <param name="cancellationToken">Not waited for: processes that do not end in time are ended.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        _stopped = true;
        await _host.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops everything and frees what was held.</summary>
    public void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops everything and frees what was held.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        if (_started && !_stopped) await StopAsync().ConfigureAwait(false);
        if (_host is IAsyncDisposable host) await host.DisposeAsync().ConfigureAwait(false);
        else _host.Dispose();
        GC.SuppressFinalize(this);
    }

    private static void Refuse(Exception? exception)
    {
        if (exception is not (DistributedApplicationException or InvalidOperationException or ArgumentException or FormatException)) return;
        Console.Error.WriteLine(exception.Message);
        Environment.Exit(1);
    }
}
