using GeminiBalance.ProxyService.Gemini.Failures;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Where a request stands after a call of it has failed.</summary>
/// <param name="Outcome">How the call ended.</param>
/// <param name="Attempts">How many calls were made.</param>
/// <param name="MostAttempts">How many may be made.</param>
/// <param name="Left">What is left of the request's time.</param>
/// <param name="HasBegun">Whether content has gone to the client: a second answer would repeat it.</param>
/// <param name="WithinBudget">Whether the gateway may still add calls of its own to what clients ask the upstream.</param>
/// <param name="MayBeElsewhere">Whether the request names files or caches that another project may hold.</param>
internal readonly record struct RetrySituation(UpstreamOutcome Outcome, int Attempts, int MostAttempts, TimeSpan Left, bool HasBegun, bool WithinBudget, bool MayBeElsewhere = false);

/// <summary>What is done next.</summary>
internal abstract record RetryDecision
{
    private RetryDecision()
    {
    }

    /// <summary>The client is told of the failure.</summary>
    internal sealed record GiveUp : RetryDecision
    {
        /// <summary>The one of its kind.</summary>
        public static GiveUp Now { get; } = new();
    }

    /// <summary>Another call is made: over a key of another quota pool if there is one, else over another key.</summary>
    /// <param name="Wait">Not before this has passed.</param>
    /// <param name="SameKeyWillDo">Whether the same key may be used again when there is no other.</param>
    internal sealed record Again(TimeSpan Wait, bool SameKeyWillDo) : RetryDecision;
}

/// <summary>Whether, when and over which key a failed request is tried again. Pure.</summary>
internal static class RetryPlan
{
    /// <summary>With less time than this no call is begun: it could not be answered.</summary>
    public static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FirstWaitForCapacity = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(50);

    /// <summary>Decides.</summary>
    /// <param name="now">Where the request stands.</param>
    /// <param name="jitter">0 to 1.</param>
    public static RetryDecision Decide(in RetrySituation now, double jitter)
    {
        var advice = now is { MayBeElsewhere: true, Outcome: UpstreamOutcome.RequestRefused { Fault: RequestFault.ResourceNotFound } } ? RetryAdvice.OtherKey : now.Outcome.Retry;
        if (now.HasBegun || advice == RetryAdvice.No || now.Attempts >= now.MostAttempts || (CostsBudget(now.Outcome) && !now.WithinBudget))
        {
            return RetryDecision.GiveUp.Now;
        }

        var wait = Wait(advice, now.Attempts, jitter);
        return now.Left - wait < LeastTime ? RetryDecision.GiveUp.Now : new RetryDecision.Again(wait, advice is RetryAdvice.AnyKey or RetryAdvice.AnyKeyLater);
    }

    /// <summary>
    /// Whether a further call adds to the load of an upstream in trouble. Where a key or a quota is to blame it does not: the key is kept out from then on, so that
    /// such calls end by themselves.
    /// </summary>
    public static bool CostsBudget(UpstreamOutcome outcome) => outcome.Blame is Blame.Upstream or Blame.Model or Blame.Network;

    /// <summary>Whether another model of a chain may answer in place of the one that could not.</summary>
    /// <param name="outcome">How the last call ended; null when none was made, because no key could serve.</param>
    public static bool MayFallBack(UpstreamOutcome? outcome) =>
        outcome is null or UpstreamOutcome.QuotaExhausted or UpstreamOutcome.KeyRefused or UpstreamOutcome.ModelNotFound or UpstreamOutcome.UpstreamFailed { Blame: not Blame.Gateway };

    /// <summary>Full jitter: any moment from at once to an end that doubles with every call; longer where the upstream has no capacity.</summary>
    private static TimeSpan Wait(RetryAdvice advice, int attempts, double jitter)
    {
        if (advice == RetryAdvice.OtherKey)
        {
            return TimeSpan.Zero;
        }

        var longest = (advice == RetryAdvice.AnyKeyLater ? FirstWaitForCapacity : FirstWait) * Math.Pow(2, attempts - 1);
        var wait = longest * jitter;
        return wait < ShortestWait ? ShortestWait : wait;
    }
}
