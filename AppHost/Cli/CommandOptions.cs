using System.Globalization;

namespace GeminiBalance.Cli;

/// <summary>The words and options behind a verb; an option that nobody asks for is a mistake of the caller.</summary>
internal sealed class CommandOptions
{
    private const int Misused = 2;
    private readonly string verb;
    private readonly Dictionary<string, string> given = new(StringComparer.Ordinal);
    private readonly List<string> words = [];

    /// <summary>Reads what follows a verb.</summary>
    /// <param name="verb">The verb, for complaints.</param>
    /// <param name="args">What follows it.</param>
    /// <param name="known">Its options; those that take a value end in <c>=</c>.</param>
    public CommandOptions(string verb, IReadOnlyList<string> args, params string[] known)
    {
        this.verb = verb;
        for (var i = 0; i < args.Count; i++)
        {
            var split = args[i].IndexOf('=', StringComparison.Ordinal);
            var name = split < 0 ? args[i] : args[i][..split];
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                words.Add(args[i]);
            }
            else if (known.Contains(name + "="))
            {
                given[name] = split >= 0 ? args[i][(split + 1)..] : ++i < args.Count ? args[i] : throw new CliException($"{name} needs a value.", Misused);
            }
            else if (split < 0 && known.Contains(name))
            {
                given[name] = "";
            }
            else
            {
                throw new CliException($"{verb} knows no option {name}; './gb help {verb.Split(' ')[0]}' lists them.", Misused);
            }
        }
    }

    /// <summary>Whether one line of JSON is asked for.</summary>
    public bool Json => Has("--json");

    /// <summary>The words, when there are so many as expected.</summary>
    public IReadOnlyList<string> Words(int least, int most) => words.Count >= least && words.Count <= most
        ? words
        : throw new CliException(words.Count > most ? $"'{words[most]}' is not expected here." : $"{verb} needs more; './gb help {verb.Split(' ')[0]}' says what.", Misused);

    public bool Has(string name) => given.ContainsKey(name);

    public string? Text(string name) => given.GetValueOrDefault(name);

    /// <summary>Values separated by commas.</summary>
    public IReadOnlyList<string>? List(string name) => Text(name)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public DateTimeOffset? Time(string name) => Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at
        : throw new CliException($"{name} is '{text}', but it must be a time such as 2030-01-31T12:00:00Z.", Misused);
}
