namespace GeminiBalance.ProxyService.KeyPool.Balancing;

/// <summary>
/// The power of two choices (Mitzenmacher 2001): of two keys drawn by chance the better one. Nearly as even as looking at all keys, at a cost that does not
/// depend on their number, and without everybody running to the one best key.
/// </summary>
internal static class TwoChoices
{
    /// <summary>Draws two keys and takes the better one; of equals the first drawn.</summary>
    /// <typeparam name="TScorer">Scores a key.</typeparam>
    /// <param name="candidates">The keys; at least one.</param>
    /// <param name="scorer">Scores a key.</param>
    /// <param name="random">Chance.</param>
    /// <param name="finalists">The two keys.</param>
    /// <returns>An index into the candidates.</returns>
    public static int Pick<TScorer>(Candidates candidates, in TScorer scorer, Random random, out Finalists finalists)
        where TScorer : struct, IKeyScorer
    {
        var one = random.Next(candidates.Count);
        var first = scorer.Score(candidates.Keys[one]);
        if (candidates.Count == 1)
        {
            finalists = new Finalists(first, default);
            return one;
        }

        var other = random.Next(candidates.Count - 1);
        other += other >= one ? 1 : 0;
        var second = scorer.Score(candidates.Keys[other]);
        if (second.Score > first.Score)
        {
            finalists = new Finalists(second, first);
            return other;
        }

        finalists = new Finalists(first, second);
        return one;
    }
}

/// <summary>Scores keys for one choice.</summary>
internal interface IKeyScorer
{
    /// <summary>The score of a key; the higher, the better.</summary>
    ScoredKey Score(PooledKey key);
}
