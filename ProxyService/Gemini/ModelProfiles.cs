namespace GeminiBalance.ProxyService.Gemini;

/// <summary>The known families of models; the longest prefix that fits a name wins.</summary>
internal sealed class ModelProfiles
{
    private static readonly ThinkingControl NoThinking = new ThinkingControl.None();
    private static readonly ThinkingControl MinimalToHigh = new ThinkingControl.Level(HasMinimal: true, HasMedium: true, HasExtraHigh: false);
    private static readonly ThinkingControl LowToHigh = new ThinkingControl.Level(HasMinimal: false, HasMedium: true, HasExtraHigh: false);
    private static readonly ThinkingControl LowToExtraHigh = new ThinkingControl.Level(HasMinimal: false, HasMedium: true, HasExtraHigh: true);

    /// <summary>A family nobody has described: taken for the newest one.</summary>
    private static readonly ModelProfile Unknown = Newest("", LowToHigh) with { OutputLimit = null };

    private static readonly ModelProfile[] Shipped =
    [
        new("gemini-1.5-", NoThinking) { RefusesPenalties = false },
        new("gemini-2.0-", NoThinking) { RefusesPenalties = false },
        new("gemini-2.", NoThinking),
        new("gemini-2.5-pro", new ThinkingControl.Budget(128, 32768, CanBeOff: false)) { OutputLimit = ModelProfile.UsualOutputLimit },
        new("gemini-2.5-flash", new ThinkingControl.Budget(1, 24576, CanBeOff: true)) { OutputLimit = ModelProfile.UsualOutputLimit },
        new("gemini-2.5-flash-lite", new ThinkingControl.Budget(512, 24576, CanBeOff: true)) { OutputLimit = ModelProfile.UsualOutputLimit },
        Third("gemini-3-pro", new ThinkingControl.Level(HasMinimal: false, HasMedium: false, HasExtraHigh: false)),
        Third("gemini-3-flash", MinimalToHigh),
        Third("gemini-3.1-pro", LowToHigh),
        Third("gemini-3.1-flash-lite", MinimalToHigh),
        Third("gemini-3.5-flash", MinimalToHigh),
        Newest("gemini-3.5-flash-lite", MinimalToHigh),
        Newest("gemini-3.6-flash", MinimalToHigh),
        Newest("gemini-3.7-flash", LowToHigh),
        Newest("gemini-3.8-flash", LowToHigh),
        Newest("gemini-4-argon", LowToHigh),
        Newest("gemini-4-carbon", LowToHigh),
        Newest("gemini-4-hydrogen", LowToExtraHigh),
        Newest("gemini-4-neon", LowToExtraHigh),
        Newest("gemini-flash-latest", LowToHigh),
        Newest("gemini-flash-lite-latest", MinimalToHigh),
        Third("gemini-pro-latest", LowToHigh),
        new("gemma-", NoThinking) { RefusesSystemInstruction = true, RefusesTools = true, MostCandidates = 1, OutputLimit = 8_192 },
        new("gemini-embedding", NoThinking),
    ];

    private readonly ModelProfile[] sorted;

    /// <summary>The shipped profiles, with others in their place or beside them.</summary>
    /// <param name="overrides">Profiles that win over shipped ones of the same prefix.</param>
    public ModelProfiles(IReadOnlyList<ModelProfile> overrides)
    {
        sorted = [.. overrides, .. Shipped.Where(shipped => overrides.All(other => other.Prefix != shipped.Prefix))];
        Array.Sort(sorted, (a, b) => b.Prefix.Length.CompareTo(a.Prefix.Length));
    }

    /// <summary>The shipped profiles alone.</summary>
    public static ModelProfiles Default { get; } = new([]);

    /// <summary>The profile for a model.</summary>
    /// <param name="model">Its name, without <c>models/</c>.</param>
    public ModelProfile For(string model)
    {
        var profile = Unknown;
        foreach (var known in sorted)
        {
            if (model.StartsWith(known.Prefix, StringComparison.Ordinal))
            {
                profile = known;
                break;
            }
        }

        // Models that draw or speak are named after the family they are made from.
        return model.Contains("-image", StringComparison.Ordinal) ? profile with { Thinking = NoThinking, DrawsImages = true, MostCandidates = 1, IgnoresSampling = false, RefusesTools = true, OutputLimit = 32_768 }
            : model.Contains("-tts", StringComparison.Ordinal) ? profile with { Thinking = NoThinking, Speaks = true, MostCandidates = 1, EnforcesSignatures = false, RefusesTools = true, OutputLimit = 16_384 }
            : profile;
    }

    /// <summary>Whether a model can be one of Google's: some family has its name, or it begins as all of them do.</summary>
    /// <param name="model">Its name, without <c>models/</c>.</param>
    public bool Knows(string model) => model.StartsWith("gemini-", StringComparison.Ordinal) || Array.Exists(sorted, known => model.StartsWith(known.Prefix, StringComparison.Ordinal));

    private static ModelProfile Third(string prefix, ThinkingControl thinking) => new(prefix, thinking) { EnforcesSignatures = true, MixesTools = true, OutputLimit = ModelProfile.UsualOutputLimit };

    private static ModelProfile Newest(string prefix, ThinkingControl thinking) =>
        Third(prefix, thinking) with { IgnoresSampling = true, RefusesModelTurnLast = true, MostCandidates = 1 };
}
