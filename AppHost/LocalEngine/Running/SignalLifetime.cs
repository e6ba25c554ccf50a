using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace GeminiBalance.LocalEngine;

/// <summary>Stops in order on the first signal, at once on the second.</summary>
internal sealed class SignalLifetime(IHostApplicationLifetime application, Runner runner, Display display) : IHostLifetime, IDisposable
{
    private static readonly PosixSignal[] _signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _received;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in _signals) _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _received) == 1)
        {
            display.Line("apphost", "stopping; once more to stop at once");
            // Not on the signal's thread, which must be free for the second one.
            _ = Task.Run(application.StopApplication);
            return;
        }

        runner.Abort();
        Environment.Exit(130);
    }
}

/// <summary>For an application inside a test: signals are the test runner's.</summary>
internal sealed class NoSignalLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
