using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Ends what still runs a while after the process was told to stop.</summary>
internal sealed class ShutdownDrain : IDisposable
{
    private readonly CancellationTokenSource ended = new();
    private readonly CancellationTokenRegistration registration;

    /// <summary>Waits for the host to stop.</summary>
    public ShutdownDrain(IHostApplicationLifetime lifetime, IOptionsMonitor<ForwardingOptions> options) =>
        registration = lifetime.ApplicationStopping.Register(() => ended.CancelAfter(TimeSpan.FromSeconds(options.CurrentValue.DrainSeconds)));

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Ended => ended.Token;

    /// <inheritdoc />
    public void Dispose()
    {
        registration.Dispose();
        ended.Dispose();
    }
}
