using System.Net;
using System.Text.Json;
using GeminiBalance.Contracts;
using Polly;

namespace GeminiBalance.ProxyService.Steering;

/// <summary>KeyHealthService's settings over HTTP.</summary>
/// <param name="client">A client with its address and the service token.</param>
internal sealed class SettingsClient(HttpClient client)
{
    /// <summary>The settings now; null when they are those already known.</summary>
    public async Task<PublishedSettings?> ReadAsync(Guid known, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync($"/settings/published?known={known}", cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        return response.StatusCode == HttpStatusCode.NoContent
            ? null
            : await response.Content.ReadFromJsonAsync(ContractsJson.Default.PublishedSettings, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>
/// Keeps up with the settings made for all replicas. It asks the control plane twice a second instead of listening to Redis, so that a change
/// arrives within two seconds whether Redis is there or not; while the control plane is away, what holds goes on holding.
/// </summary>
internal sealed partial class GatewaySettingsKeeper(
    IServiceProvider services, GatewaySettingsTaker taker, SettingsDiskCopy disk, TimeProvider time, ILogger<GatewaySettingsKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(500);

    /// <summary>Null until any settings were seen, so that even "nothing is set" is taken over from the control plane.</summary>
    private Guid? known;

    /// <inheritdoc />
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await disk.LoadAsync(cancellationToken).ConfigureAwait(false) is { } last && taker.TryTake(last.Values, last.Version))
        {
            known = last.Revision;
        }

        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks once.</summary>
    public async Task KeepUpAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await services.GetRequiredService<SettingsClient>().ReadAsync(known ?? Guid.Empty, cancellationToken).ConfigureAwait(false) is not { } now)
            {
                return;
            }

            // What is refused is remembered as seen too: asking again would only repeat the complaint.
            if (now.Revision != known)
            {
                known = now.Revision;
                if (taker.TryTake(now.Values, now.Version))
                {
                    await disk.SaveAsync(now, cancellationToken).ConfigureAwait(false);
                }
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
            try
            {
                await KeepUpAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogAway(e.GetType().Name);
            }

            await Task.Delay(Round, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Debug, "The gateway's settings cannot be had from KeyHealthService: {Reason}.")]
    private partial void LogAway(string reason);
}
