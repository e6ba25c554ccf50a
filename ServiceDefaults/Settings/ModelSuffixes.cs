namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>Suffixes of model names that ask the gateway for something, together in any order.</summary>
public static class ModelSuffixes
{
    /// <summary>A search of the web.</summary>
    public const string Search = "-search";

    /// <summary>No thinking, or as little as the model can.</summary>
    public const string NoThinking = "-nothinking";

    /// <summary>Another spelling of <see cref="NoThinking"/>.</summary>
    public const string NonThinking = "-non-thinking";

    /// <summary>As much thinking as the model can.</summary>
    public const string MostThinking = "-maxthinking";

    private static readonly string[] All = [Search, NoThinking, NonThinking, MostThinking];

    /// <summary>The model's own name.</summary>
    /// <param name="name">A name, suffixes included.</param>
    public static string Cut(string name)
    {
        while (Array.Find(All, suffix => name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal)) is { } suffix)
        {
            name = name[..^suffix.Length];
        }

        return name;
    }
}
