using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Polly;

namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>Where the settings made for all replicas are kept.</summary>
public interface ISettingsAuthority
{
    /// <summary>The settings now; null when they are those already known.</summary>
    /// <param name="known">The revision already known; empty for none.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    Task<PublishedSettings?> ReadAsync(Guid known, CancellationToken cancellationToken);

    /// <summary>Tells what holds here, and what lies beneath.</summary>
    /// <param name="report">What is told.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task TellAsync(SettingsReport report, CancellationToken cancellationToken);
}

/// <summary>
/// Keeps up with the settings made for all replicas. It asks twice a second instead of listening to Redis, so that a change
/// arrives within two seconds whether Redis is there or not; while the control plane is away, what holds goes on holding.
/// </summary>
public sealed partial class GatewaySettingsKeeper : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(500);

    private readonly IServiceProvider services;
    private readonly GatewaySettingsTaker taker;
    private readonly SettingsReporter reporter;
    private readonly TimeProvider time;
    private readonly ILogger<GatewaySettingsKeeper> logger;

    /// <summary>Null until any settings were seen, so that even "nothing is set" is taken over from the control plane.</summary>
    private Guid? known;

    /// <summary>Knows nothing yet.</summary>
    /// <param name="services">Holds the <see cref="ISettingsAuthority"/> and, where there is one, the <see cref="SettingsDiskCopy"/>.</param>
    /// <param name="taker">Takes them over.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public GatewaySettingsKeeper(IServiceProvider services, GatewaySettingsTaker taker, TimeProvider time, ILogger<GatewaySettingsKeeper> logger)
    {
        this.services = services;
        this.taker = taker;
        this.time = time;
        this.logger = logger;
        reporter = services.GetRequiredService<SettingsReporter>();
    }

    /// <inheritdoc />
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // What is registered behind this begins with the settings last seen; without a copy of them, with those of now.
        if (services.GetService<SettingsDiskCopy>() is not { } disk)
        {
            await TryKeepUpAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (await disk.LoadAsync(cancellationToken).ConfigureAwait(false) is { } last && TryTake(last))
        {
            known = last.Revision;
        }

        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks once, and tells what has to be told.</summary>
    /// <param name="cancellationToken">Ends the round.</param>
    public async Task KeepUpAsync(CancellationToken cancellationToken)
    {
        try
        {
            var authority = services.GetRequiredService<ISettingsAuthority>();
            if (await authority.ReadAsync(known ?? Guid.Empty, cancellationToken).ConfigureAwait(false) is { } now && now.Revision != known)
            {
                await TakeAsync(now, cancellationToken).ConfigureAwait(false);
            }

            if (reporter.Due() is { } report)
            {
                await authority.TellAsync(report, cancellationToken).ConfigureAwait(false);
                reporter.Told(report);
            }
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or ExecutionRejectedException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogAway(e.GetType().Name);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            await TryKeepUpAsync(stoppingToken).ConfigureAwait(false);
            await Task.Delay(Round, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TryKeepUpAsync(CancellationToken cancellationToken)
    {
        try
        {
            await KeepUpAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the host.
        }
        catch (Exception e)
        {
            LogAway(e.GetType().Name);
        }
    }

    private bool TryTake(PublishedSettings settings) => taker.TryTake(settings, services.GetService<SecretEncryption>(), services.GetRequiredService<SettingsIdentity>().Service);

    private async Task TakeAsync(PublishedSettings now, CancellationToken cancellationToken)
    {
        // What is refused is remembered as seen too: asking again would only repeat the complaint.
        known = now.Revision;
        if (TryTake(now) && services.GetService<SettingsDiskCopy>() is { } disk)
        {
            await disk.SaveAsync(now, cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(LogLevel.Debug, "The gateway's settings cannot be had: {Reason}.")]
    private partial void LogAway(string reason);
}
