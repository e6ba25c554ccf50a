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

    private long mismatches;
    private long parkedFacts;
    private long deadLetters;
    private volatile bool looked;

    /// <summary>Whether all of it was looked at once.</summary>
    public bool HasLooked => looked;

    /// <summary>What was found last.</summary>
    public (long Mismatches, long Parked, long DeadLetters) Found =>
        (Interlocked.Read(ref mismatches), Interlocked.Read(ref parkedFacts), Interlocked.Read(ref deadLetters));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var meter = meters.Create(IngestMetrics.MeterName);
        meter.CreateObservableGauge("gb.accounting.mismatch", () => Found.Mismatches, "{segment}", "Segments of the proxies' journals that do not agree with the store. Must be 0.");
        meter.CreateObservableGauge("gb.stats.facts.parked", () => Found.Parked, "{fact}", "Request facts that wait to be replayed.");
        meter.CreateObservableGauge("gb.stats.dead.letters", () => Found.DeadLetters, "{message}", "Messages that could not be worked off and wait to be replayed.");
        var complained = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Interlocked.Exchange(ref mismatches, await segments.MismatchesAsync(stoppingToken).ConfigureAwait(false));
                Interlocked.Exchange(ref parkedFacts, await parked.CountAsync(stoppingToken).ConfigureAwait(false));
                Interlocked.Exchange(ref deadLetters, await queues.WaitingAsync(stoppingToken).ConfigureAwait(false));
                (looked, complained) = (true, false);
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

    [LoggerMessage(1, LogLevel.Warning, "The ledger cannot be looked at ({Fault}); what was found last stands until it can")]
    private partial void LogBlind(string fault);
}

/// <summary>Whether the ledger adds up.</summary>
internal sealed class LedgerHealthCheck(LedgerWatch watch) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (mismatches, parked, deadLetters) = watch.Found;
        var data = new Dictionary<string, object> { ["mismatches"] = mismatches, ["parked"] = parked, ["deadLetters"] = deadLetters };
        return Task.FromResult(
            mismatches > 0 ? HealthCheckResult.Unhealthy($"{mismatches} segments of the proxies' journals do not agree with the store; see /stats/reconciliation.", data: data)
            : parked + deadLetters > 0 ? HealthCheckResult.Degraded($"{parked} facts and {deadLetters} messages wait to be replayed; see /stats/dead-letters.", data: data)
            : HealthCheckResult.Healthy(data: data));
    }
}
