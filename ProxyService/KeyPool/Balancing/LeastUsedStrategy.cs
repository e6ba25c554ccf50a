namespace GeminiBalance.ProxyService.KeyPool.Balancing;

/// <summary>
/// Of two keys drawn by chance the one whose scarcest limit is used least, as a share of it; among keys of the same share, or of unknown limits, the one that was
/// used less for the model since the start.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="random">Chance.</param>
internal sealed class LeastUsedStrategy(TimeProvider time, Random random) : IBalancingStrategy
{
    /// <inheritdoc />
    public string Name => "least_used";

    /// <inheritdoc />
    public int Pick(string model, Candidates candidates, out Finalists finalists) =>
        TwoChoices.Pick(candidates, new Scorer(model, time.GetUtcNow()), random, out finalists);

    private readonly struct Scorer(string model, DateTimeOffset now) : IKeyScorer
    {
        /// <summary>Small beside any share that can be told apart, and growing with the calls.</summary>
        private const double Tie = 1e-6;

        public ScoredKey Score(PooledKey key)
        {
            var load = key.LoadOf(model);
            var headroom = key.QuotaPool.UseOf(model).Headroom(now);
            return new ScoredKey(key, (headroom ?? 1) - (Tie * load.Calls / (1 + (Tie * load.Calls))), null, null, headroom, load.InFlight);
        }
    }
}
