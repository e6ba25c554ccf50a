using System.Collections.Concurrent;
using GeminiBalance.ProxyService.Gemini.Failures;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>
/// Stops asking the upstream for a model that fails whoever asks, and asks again bit by bit. Counts only what blames the upstream, the model's capacity or the
/// network; no key is held to it.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class UpstreamBreaker(TimeProvider time)
{
    private const int FewestCalls = 20;
    private const double MostFailing = 0.5;
    private const int MostModels = 500;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestTrial = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Circuit> circuits = new(StringComparer.Ordinal);

    /// <summary>Whether a model may be asked now. While it rests one call at a time finds out whether it is back.</summary>
    /// <param name="model">The model.</param>
    /// <returns>How long to wait; null when it may be asked.</returns>
    public TimeSpan? Blocks(string model) => circuits.TryGetValue(model, out var circuit) ? circuit.Blocks(time) : null;

    /// <summary>Notes how a call has ended.</summary>
    /// <param name="model">The model.</param>
    /// <param name="outcome">How it ended.</param>
    public void Note(string model, UpstreamOutcome outcome)
    {
        bool? failed = outcome switch
        {
            UpstreamOutcome.Answered => false,
            UpstreamOutcome.UpstreamFailed { OfProxy: true } => null,
            UpstreamOutcome.UpstreamFailed { Fault: UpstreamFault.Overloaded or UpstreamFault.Failed or UpstreamFault.Timeout or UpstreamFault.Network } => true,
            UpstreamOutcome.Cancelled => null,
            _ => false,
        };
        if (!circuits.TryGetValue(model, out var circuit))
        {
            // Model names come from clients: a model that never failed needs no circuit.
            if (failed != true || circuits.Count >= MostModels)
            {
                return;
            }

            circuit = circuits.GetOrAdd(model, static _ => new Circuit());
        }

        circuit.Note(failed, time);
    }

    private sealed class Circuit
    {
        private readonly Lock gate = new();
        private long since;
        private int calls;
        private int failures;
        private int opened;
        private long openedAt;
        private bool trying;
        private long triedAt;

        public TimeSpan? Blocks(TimeProvider time)
        {
            lock (gate)
            {
                if (opened == 0)
                {
                    return null;
                }

                var left = Rest - time.GetElapsedTime(openedAt);
                if (left > TimeSpan.Zero)
                {
                    return left;
                }

                // One that was let through and never came to ask, or takes long, must not keep the circuit open.
                if (trying && time.GetElapsedTime(triedAt) < LongestTrial)
                {
                    return TimeSpan.FromSeconds(1);
                }

                (trying, triedAt) = (true, time.GetTimestamp());
                return null;
            }
        }

        public void Note(bool? failed, TimeProvider time)
        {
            lock (gate)
            {
                if (opened > 0)
                {
                    if (!trying)
                    {
                        // One that was on its way when the circuit opened.
                        return;
                    }

                    trying = false;
                    (opened, openedAt) = failed switch
                    {
                        true => (opened + 1, time.GetTimestamp()),
                        false => (0, 0),
                        null => (opened, openedAt),
                    };
                    (calls, failures, since) = (0, 0, time.GetTimestamp());
                    return;
                }

                if (failed is not { } bad)
                {
                    return;
                }

                if (calls == 0 || time.GetElapsedTime(since) > Window)
                {
                    (calls, failures, since) = (0, 0, time.GetTimestamp());
                }

                calls++;
                failures += bad ? 1 : 0;
                if (calls >= FewestCalls && failures >= calls * MostFailing)
                {
                    (opened, openedAt, trying) = (1, time.GetTimestamp(), false);
                }
            }
        }

        private TimeSpan Rest => TimeSpan.FromTicks(Math.Min(LongestRest.Ticks, FirstRest.Ticks << Math.Min(opened - 1, 10)));
    }
}
