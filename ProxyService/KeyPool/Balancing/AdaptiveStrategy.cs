using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.KeyPool.Balancing;

/// <summary>
/// Of two keys drawn by chance the one that looks better now: how often it succeeded lately, how fast it was, what is left of its quota, how much it has to do.
/// A failure lowers the score, and less and less so as time passes.
/// </summary>
/// <param name="options">The weights of the parts.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Chance.</param>
internal sealed class AdaptiveStrategy(IOptionsMonitor<AdaptiveOptions> options, TimeProvider time, Random random) : IBalancingStrategy
{
    /// <inheritdoc />
    public string Name => "adaptive";

    /// <inheritdoc />
    public int Pick(string model, Candidates candidates, out Finalists finalists) =>
        TwoChoices.Pick(candidates, new Scorer(model, options.CurrentValue, time), random, out finalists);

    private readonly struct Scorer(string model, AdaptiveOptions options, TimeProvider time) : IKeyScorer
    {
        public ScoredKey Score(PooledKey key)
        {
            var load = key.LoadOf(model);
            var (success, latency, inFlight) = (load.Success, load.LatencyMs, load.InFlight);
            var headroom = key.QuotaPool.UseOf(model).Headroom(time.GetUtcNow());
            var speed = Math.Max(0, 1 - (latency / 1000 / options.LatencyScaleSeconds));
            var score = ((options.SuccessWeight * success) + (options.LatencyWeight * speed)) / (options.SuccessWeight + options.LatencyWeight);
            if (load.SinceFailure(time) is { TotalSeconds: var since } && since < options.FailurePenaltySeconds)
            {
                score *= 1 - (options.FailurePenalty * (options.FailurePenaltySeconds - since) / options.FailurePenaltySeconds);
            }

            score *= (headroom ?? 1) / (1 + inFlight);
            return new ScoredKey(key, score, success, latency, headroom, inFlight);
        }
    }
}
