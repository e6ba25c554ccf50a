namespace GeminiBalance.GeminiSimulator.Ledger;

/// <summary>Every call exactly once: the judge of what a gateway really asked.</summary>
/// <param name="capacity">How many calls are held one by one.</param>
public sealed class CallLedger(int capacity)
{
    /// <summary>The name under which counts go on when a table is full, so that made-up keys cannot fill the memory.</summary>
    public const string Others = "(others)";

    private const int MaximumNames = 100_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, long> byOutcome = [];
    private readonly Dictionary<string, long> byKey = [];
    private readonly Dictionary<string, long> byModel = [];
    private Call?[] ring = new Call?[Math.Min(capacity, 1024)];
    private long sequence;
    private long open;
    private int generation;
    private (long Prompt, long Candidates, long Thoughts, long Tools) sums;

    /// <summary>Counts a call that arrives.</summary>
    /// <returns>What <see cref="Close"/> wants back: a call that began before <see cref="Clear"/> is no longer wanted after it.</returns>
    public int Open()
    {
        lock (gate)
        {
            open++;
            return generation;
        }
    }

    /// <summary>Writes a call that has ended down and numbers it.</summary>
    /// <param name="call">The call; its sequence is set here.</param>
    /// <param name="opened">What <see cref="Open"/> answered.</param>
    public void Close(Call call, int opened)
    {
        lock (gate)
        {
            if (opened != generation)
            {
                return;
            }

            open--;
            call = call with { Sequence = ++sequence };
            if (sequence > ring.Length && ring.Length < capacity)
            {
                Array.Resize(ref ring, Math.Min(ring.Length * 2, capacity));
            }

            ring[(sequence - 1) % ring.Length] = call;
            Count(byOutcome, call.Outcome);
            Count(byKey, call.Key);
            Count(byModel, call.Model);
            if (call.Outcome == "ok")
            {
                sums = (sums.Prompt + call.PromptTokens, sums.Candidates + call.CandidatesTokens, sums.Thoughts + call.ThoughtsTokens, sums.Tools + call.ToolTokens);
            }
        }
    }

    /// <summary>Calls after a number, oldest first.</summary>
    /// <param name="after">The number.</param>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<Call> After(long after, int limit)
    {
        lock (gate)
        {
            var first = Math.Max(Math.Max(after, 0), sequence - ring.Length);
            var found = new List<Call>((int)Math.Clamp(sequence - first, 0, limit));
            for (var at = first; at < sequence && found.Count < limit; at++)
            {
                found.Add(ring[at % ring.Length]!);
            }

            return found;
        }
    }

    /// <summary>The sums.</summary>
    public LedgerSummary Summary()
    {
        lock (gate)
        {
            return new LedgerSummary(
                sequence,
                new Dictionary<string, long>(byOutcome),
                new Dictionary<string, long>(byKey),
                sums.Prompt,
                sums.Candidates,
                sums.Thoughts,
                Math.Max(0, sequence - ring.Length),
                new Dictionary<string, long>(byModel),
                sums.Tools,
                open);
        }
    }

    /// <summary>Forgets everything, calls still open included; numbers start again from 1.</summary>
    public void Clear()
    {
        lock (gate)
        {
            Array.Clear(ring);
            byOutcome.Clear();
            byKey.Clear();
            byModel.Clear();
            (sequence, open, sums) = (0, 0, default);
            generation++;
        }
    }

    private static void Count(Dictionary<string, long> table, string name)
    {
        name = table.Count < MaximumNames || table.ContainsKey(name) ? name : Others;
        table[name] = table.GetValueOrDefault(name) + 1;
    }
}
