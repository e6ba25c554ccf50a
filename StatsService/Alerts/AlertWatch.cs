using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Ingest;
using GeminiBalance.StatsService.Views;
using Microsoft.Extensions.Options;

namespace GeminiBalance.StatsService.Alerts;

/// <summary>Looks every few seconds at what must be nothing, and raises or resolves its alert.</summary>
internal sealed partial class AlertWatch(
    AlertBook book, LedgerWatch ledger, ViewPositions positions, IOptions<ViewsOptions> views, TimeProvider time, ILogger<AlertWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>One look.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        if (ledger.Found is { } found)
        {
            await SayAsync(AlertKind.AccountingMismatch, found.Mismatches, cancellation, found.At).ConfigureAwait(false);
            var aside = found.Parked + found.DeadLetters;
            if (aside > 0 || found.IsWhole)
            {
                await SayAsync(AlertKind.FactsAside, aside, cancellation, found.At).ConfigureAwait(false);
            }
            else if (await book.IsOpenAsync(AlertKind.FactsAside, cancellation).ConfigureAwait(false))
            {
                // Another replica sees what this one seldom asks for: only who has asked for all of it may call it over.
                ledger.LookEverywhere();
            }
        }

        var lag = (await positions.TickAsync(cancellation).ConfigureAwait(false)).LagSeconds;
        await SayAsync(AlertKind.ViewsBehind, lag > views.Value.MaximumLagSeconds ? lag : 0, cancellation).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var complained = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken).ConfigureAwait(false);
                complained = false;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (!complained)
                {
                    LogBlind(e.GetType().Name);
                }

                complained = true;
            }

            await Task.Delay(Look, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SayAsync(AlertKind kind, double value, CancellationToken cancellation, DateTimeOffset? seenAt = null)
    {
        switch (await book.SayAsync(kind, value, cancellation, seenAt).ConfigureAwait(false))
        {
            case true:
                LogRaised(kind, value);
                break;
            case false:
                LogResolved(kind);
                break;
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Alert {Kind}: {Value}")]
    private partial void LogRaised(AlertKind kind, double value);

    [LoggerMessage(2, LogLevel.Information, "Alert {Kind} is over")]
    private partial void LogResolved(AlertKind kind);

    [LoggerMessage(3, LogLevel.Warning, "Alerts cannot be looked for ({Fault}); those that are open stay so until they can")]
    private partial void LogBlind(string fault);
}
