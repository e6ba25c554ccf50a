using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.KeyPool;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>
/// Which quota pools have used up what Google's own tools (its search, say) may be used: they get no requests with such tools for a while, and all others as before.
/// Each replica learns it by itself.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class ToolRests(TimeProvider time)
{
    private static readonly TimeSpan ShortestTold = TimeSpan.FromSeconds(1);

    private long last;

    /// <summary>Lets a pool rest.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="model">The model that was asked for.</param>
    /// <param name="wait">For how long.</param>
    public void Rest(QuotaPool pool, string model, TimeSpan wait)
    {
        var until = time.GetUtcNow() + wait;
        pool.UseOf(model).ToolsRestUntil = until;
        for (var seen = Interlocked.Read(ref last); seen < until.UtcTicks; seen = Interlocked.Read(ref last))
        {
            Interlocked.CompareExchange(ref last, until.UtcTicks, seen);
        }
    }

    /// <summary>Which keys are not to be asked.</summary>
    /// <param name="call">What is asked; it is only looked at while any pool rests.</param>
    /// <returns>Null when all may be.</returns>
    public Predicate<PooledKey>? UnfitFor(GatewayCall call)
    {
        var now = time.GetUtcNow();
        if (Interlocked.Read(ref last) <= now.UtcTicks || !BuiltInToolUse.IsIn(call.Body.WrittenSpan))
        {
            return null;
        }

        var model = call.Model;
        return key => key.QuotaPool.UseOf(model).ToolsRestUntil > now;
    }

    /// <summary>How long it takes until the first of some keys may be asked; a moment when one may be already.</summary>
    /// <param name="model">The model.</param>
    /// <param name="eligible">The keys; at least one.</param>
    public TimeSpan ShortestWait(string model, EligibleKeys eligible)
    {
        var now = time.GetUtcNow();
        var shortest = TimeSpan.MaxValue;
        foreach (var rank in eligible.Ranks)
        {
            foreach (var key in rank.Keys)
            {
                var wait = key.QuotaPool.UseOf(model).ToolsRestUntil - now;
                shortest = wait < shortest ? wait : shortest;
            }
        }

        return shortest < ShortestTold ? ShortestTold : shortest;
    }
}
