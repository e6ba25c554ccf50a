using Microsoft.Extensions.Options;

namespace GeminiBalance.KeyHealthService.Probing;

/// <summary>Probes whoever is due.</summary>
internal sealed partial class ProbeRounds(Prober prober, ProbeAgenda agenda, ProbeSignal signal, TimeProvider time, IOptionsMonitor<ProbingOptions> options, ILogger<ProbeRounds> log)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!options.CurrentValue.Enabled)
            {
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            try
            {
                var concurrency = options.CurrentValue.Concurrency;
                var limits = new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = stoppingToken };

                // A claim lasts a minute; a round this small is done by then even if every probe times out.
                var due = await agenda.ClaimDueAsync(concurrency * 4, time.GetUtcNow(), stoppingToken);
                await Parallel.ForEachAsync(due, limits, ProbeAsync);
                if (due.Count == 0)
                {
                    await signal.WaitAsync(Pause, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                LogFailed(e);
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async ValueTask ProbeAsync(Guid keyId, CancellationToken cancellation)
    {
        try
        {
            await prober.ProbeAsync(keyId, cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            LogOneFailed(e, keyId);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The due probes could not be read; the next round tries again.")]
    private partial void LogFailed(Exception e);

    [LoggerMessage(2, LogLevel.Error, "The probe of key {KeyId} failed; it is repeated in a minute.")]
    private partial void LogOneFailed(Exception e, Guid keyId);
}
