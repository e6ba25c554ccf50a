using System.Diagnostics.Metrics;
using GeminiBalance.StatsService.Ledger;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>Looks every few seconds at what must be nothing: segments that do not agree, parked facts, messages aside. Tells it as metrics.</summary>
internal sealed partial class LedgerWatch(
    Segments segments, ParkedFacts parked, DeadLetterQueues queues, TimeProvider time, IMeterFactory meters, ILogger<LedgerWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(15);

    private volatile LedgerFindings? found;

    /// <summary>What was found last; null before all of it was looked at once.</summary>
    public LedgerFindings? Found => found;

    /// <summary>Asks for every queue the next time, however seldom one that was not there is asked for else.</summary>
    public void LookEverywhere() => queues.LookEverywhere();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var meter = meters.Create(IngestMetrics.MeterName);
        meter.CreateObservableGauge("gb.accounting.mismatch", () => Found?.Mismatches ?? 0, "{segment}", "Segments of the proxies' journals that do not agree with the store. Must be 0.");
        meter.CreateObservableGauge("gb.stats.facts.parked", () => Found?.Parked ?? 0, "{fact}", "Request facts that wait to be replayed.");
        meter.CreateObservableGauge("gb.stats.dead.letters", () => Found?.DeadLetters ?? 0, "{message}", "Messages that could not be worked off and wait to be replayed.");
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
                // Of any kind: a broker that is silent shows as a cancellation. Told once, for as long as it lasts.
                if (!complained)
                {
                    LogBlind(e.GetType().Name);
                }

                complained = true;
            }

            await Task.Delay(Look, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One look. What the database says is taken over even when the broker says nothing.</summary>
    private async Task LookAsync(CancellationToken cancellation)
    {
        var at = time.GetUtcNow();
        var mismatches = await segments.MismatchesAsync(cancellation).ConfigureAwait(false);
        var parkedFacts = await parked.CountAsync(cancellation).ConfigureAwait(false);
        found = found is { } before ? before with { Mismatches = mismatches, Parked = parkedFacts } : null;
        var (waiting, isWhole) = await queues.WaitingAsync(cancellation).ConfigureAwait(false);
        found = new LedgerFindings(at, mismatches, parkedFacts, waiting, isWhole);
    }

    [LoggerMessage(1, LogLevel.Warning, "The ledger cannot be looked at ({Fault}); what was found last stands until it can")]
    private partial void LogBlind(string fault);
}

/// <summary>What a look at the ledger found.</summary>
/// <param name="At">When all of it was looked at last.</param>
/// <param name="Mismatches">Segments that do not agree.</param>
/// <param name="Parked">Parked facts.</param>
/// <param name="DeadLetters">Messages aside, as far as their queues were asked for.</param>
/// <param name="IsWhole">Whether all queues were.</param>
internal sealed record LedgerFindings(DateTimeOffset At, long Mismatches, long Parked, long DeadLetters, bool IsWhole);

/// <summary>Whether the ledger adds up.</summary>
internal sealed class LedgerHealthCheck(LedgerWatch watch) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (mismatches, parked, deadLetters) = watch.Found is { } found ? (found.Mismatches, found.Parked, found.DeadLetters) : default;
        var data = new Dictionary<string, object> { ["mismatches"] = mismatches, ["parked"] = parked, ["deadLetters"] = deadLetters };
        return Task.FromResult(
            mismatches > 0 ? HealthCheckResult.Unhealthy($"{mismatches} segments of the proxies' journals do not agree with the store; see /stats/reconciliation.", data: data)
            : parked + deadLetters > 0 ? HealthCheckResult.Degraded($"{parked} facts and {deadLetters} messages wait to be replayed; see /stats/dead-letters.", data: data)
            : HealthCheckResult.Healthy(data: data));
    }
}
