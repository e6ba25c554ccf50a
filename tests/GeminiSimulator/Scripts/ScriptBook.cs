namespace GeminiBalance.GeminiSimulator.Scripts;

/// <summary>The scripts in force.</summary>
/// <param name="seed">Seeds the draw for scripts with a probability.</param>
public sealed class ScriptBook(int seed)
{
    private const double FlakyShare = 0.3;

    private readonly Lock gate = new();
    private readonly List<Entry> entries = [];
    private Random random = new(seed);

    /// <summary>The behaviours that exist, besides <c>finish:REASON</c> and <c>replay:NAME</c>.</summary>
    public static IReadOnlyList<string> Behaviours { get; } =
    [
        "healthy", "slow", "flaky", "cut", "reset", "stall", "malformed", "error-mid-stream", "empty", "blocked", "safety", "html", .. ScriptedErrors.Names,
    ];

    /// <summary>Whether a behaviour exists.</summary>
    /// <param name="behaviour">Its name.</param>
    public static bool Knows(string behaviour) => Behaviours.Contains(behaviour)
        || (behaviour.StartsWith("finish:", StringComparison.Ordinal) && behaviour.Length > "finish:".Length)
        || (behaviour.StartsWith(Recordings.Prefix, StringComparison.Ordinal) && Recordings.Find(behaviour) is not null);

    /// <summary>Adds a script; later ones win.</summary>
    /// <param name="script">The script.</param>
    public void Add(Script script)
    {
        lock (gate)
        {
            entries.Add(new Entry(script) { Left = script.Times });
        }
    }

    /// <summary>Removes scripts and starts the draws from the seed again.</summary>
    /// <param name="key">Only those of this key, leaving the draws; null for all.</param>
    public void Clear(string? key = null)
    {
        lock (gate)
        {
            entries.RemoveAll(entry => key is null || entry.Script.Key == key);
            random = key is null ? new Random(seed) : random;
        }
    }

    /// <summary>The scripts in force with what is left of their times, oldest first.</summary>
    public IReadOnlyList<Script> List()
    {
        lock (gate)
        {
            return [.. entries.Select(entry => entry.Script with { Times = entry.Left })];
        }
    }

    /// <summary>The script for a call, used up by one; null when it shall be answered normally.</summary>
    /// <param name="key">The key used.</param>
    /// <param name="own">The behaviour that is the key's own and applies when no script does.</param>
    /// <param name="model">The model asked.</param>
    /// <param name="method">The method asked.</param>
    public Script? Take(string key, string? own, string model, string method)
    {
        lock (gate)
        {
            var script = own is null ? null : new Script(own);
            for (var i = entries.Count - 1; i >= 0; i--)
            {
                if (Applies(entries[i].Script, key, model, method))
                {
                    script = entries[i].Script;
                    if (entries[i].Left is not null && --entries[i].Left == 0)
                    {
                        entries.RemoveAt(i);
                    }

                    break;
                }
            }

            return script?.Behaviour switch
            {
                "healthy" => null,
                "flaky" => random.NextDouble() < FlakyShare ? script with { Behaviour = "overloaded" } : null,
                _ => script,
            };
        }
    }

    private bool Applies(Script script, string key, string model, string method) =>
        (script.Key is null || script.Key == key)
        && (script.Model is null || script.Model == model)
        && (script.Method is null || script.Method == method)
        && (script.Probability >= 1 || random.NextDouble() < script.Probability);

    private sealed class Entry(Script script)
    {
        public Script Script { get; } = script;

        public int? Left { get; set; }
    }
}
