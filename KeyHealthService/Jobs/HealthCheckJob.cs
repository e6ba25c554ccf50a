using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Probing;
using GeminiBalance.ServiceDefaults.Jobs;
using Microsoft.Extensions.Options;

namespace GeminiBalance.KeyHealthService.Jobs;

/// <summary>Probes every key that is in use. New and refused keys have appointments of their own between its runs; this finds out what befell the healthy ones that nobody asks.</summary>
internal sealed partial class HealthCheckJob(Prober prober, ProbeAgenda agenda, IOptionsMonitor<ProbingOptions> options, ILogger<HealthCheckJob> log) : IJob
{
    public string Name => "health-check";

    public JobSchedule? Schedule => options.CurrentValue is { Enabled: true } settings ? new JobSchedule.Every(settings.CheckAllEvery) : null;

    public async Task<string> RunAsync(JobRun run, CancellationToken cancellation)
    {
        // A key that was asked lately is not asked again by the clock, so that a run that was cut off goes on where it ended.
        var since = run.IsScheduled ? run.StartedAt - (options.CurrentValue.CheckAllEvery / 2) : run.StartedAt;
        var keys = await agenda.UncheckedAsync(since, cancellation);
        var tally = new Tally();
        var limits = new ParallelOptions { MaxDegreeOfParallelism = options.CurrentValue.Concurrency, CancellationToken = cancellation };
        await Parallel.ForEachAsync(keys, limits, async (key, token) =>
        {
            try
            {
                tally.Add(await prober.ProbeAsync(key, token));
            }
            catch (Exception e) when (!token.IsCancellationRequested)
            {
                tally.Fail();
                LogOneFailed(e, key);
            }
        });
        return tally.Failed > 0 && tally.Failed == keys.Count
            ? throw new JobFailedException($"None of {tally.Failed} keys could be checked; the log of the service says why.")
            : tally.ToString();
    }

    [LoggerMessage(1, LogLevel.Error, "The check of key {KeyId} failed; the others go on.")]
    private partial void LogOneFailed(Exception e, Guid keyId);

    /// <summary>Counts what became of the keys, from several threads.</summary>
    private sealed class Tally
    {
        private int healthy;
        private int suspect;
        private int invalid;
        private int forbidden;
        private int gone;
        private int failed;

        public int Failed => failed;

        public void Add(Key? key)
        {
            switch (key?.Status)
            {
                case KeyStatus.Healthy:
                    Interlocked.Increment(ref healthy);
                    break;
                case KeyStatus.New or KeyStatus.Degraded:
                    Interlocked.Increment(ref suspect);
                    break;
                case KeyStatus.Invalid:
                    Interlocked.Increment(ref invalid);
                    break;
                case KeyStatus.Forbidden:
                    Interlocked.Increment(ref forbidden);
                    break;
                default:
                    Interlocked.Increment(ref gone);
                    break;
            }
        }

        public void Fail() => Interlocked.Increment(ref failed);

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"Checked {healthy + suspect + invalid + forbidden} keys: {healthy} healthy, {suspect} not known to be, {invalid} invalid, {forbidden} forbidden."
            + $"{(failed > 0 ? $" {failed} could not be checked." : "")}{(gone > 0 ? $" {gone} were removed or switched off meanwhile." : "")}");
    }
}
