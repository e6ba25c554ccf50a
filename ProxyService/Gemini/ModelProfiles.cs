namespace GeminiBalance.ProxyService.Gemini;

/// <summary>The known families of models; the longest prefix that fits a name wins.</summary>
internal static class ModelProfiles
{
    private static readonly ThinkingControl NoThinking = new ThinkingControl.None();
    private static readonly ThinkingControl MinimalToHigh = new ThinkingControl.Level(HasMinimal: true, HasMedium: true, HasExtraHigh: false);
    private static readonly ThinkingControl LowToHigh = new ThinkingControl.Level(HasMinimal: false, HasMedium: true, HasExtraHigh: false);
    private static readonly ThinkingControl LowToExtraHigh = new ThinkingControl.Level(HasMinimal: false, HasMedium: true, HasExtraHigh: true);

    /// <summary>A family nobody has described: taken for the newest one.</summary>
    private static readonly ModelProfile Newest = new("", LowToHigh, IgnoresSampling: true, RefusesModelTurnLast: true);

    private static readonly ModelProfile[] Known = Sorted(
        new("gemini-1.5-", NoThinking, RefusesPenalties: false),
        new("gemini-2.0-", NoThinking, RefusesPenalties: false),
        new("gemini-2.5-pro", new ThinkingControl.Budget(128, 32768, CanBeOff: false)),
        new("gemini-2.5-flash", new ThinkingControl.Budget(1, 24576, CanBeOff: true)),
        new("gemini-2.5-flash-lite", new ThinkingControl.Budget(512, 24576, CanBeOff: true)),
        new("gemini-2.5-flash-image", NoThinking),
        new("gemini-2.5-flash-preview-tts", NoThinking),
        new("gemini-2.5-pro-preview-tts", NoThinking),
        new("gemini-3-pro", new ThinkingControl.Level(HasMinimal: false, HasMedium: false, HasExtraHigh: false)),
        new("gemini-3-pro-image", NoThinking),
        new("gemini-3-flash", MinimalToHigh),
        new("gemini-3.1-pro", LowToHigh),
        new("gemini-3.1-flash-lite", MinimalToHigh),
        new("gemini-3.5-flash", MinimalToHigh),
        new("gemini-3.5-flash-lite", MinimalToHigh, IgnoresSampling: true, RefusesModelTurnLast: true),
        new("gemini-3.6-flash", MinimalToHigh, IgnoresSampling: true, RefusesModelTurnLast: true),
        new("gemini-3.7-flash", LowToHigh, IgnoresSampling: true, RefusesModelTurnLast: true),
        new("gemini-3.8-flash", LowToHigh, IgnoresSampling: true, RefusesModelTurnLast: true),
        new("gemini-4-argon", LowToHigh, IgnoresSampling: true, RefusesModelTurnLast: true),
        new("gemini-4-carbon", LowToHigh, IgnoresSampling: true, RefusesModelTurnLast: true),
        new("gemini-4-hydrogen", LowToExtraHigh, IgnoresSampling: true, RefusesModelTurnLast: true),
        new("gemini-4-neon", LowToExtraHigh, IgnoresSampling: true, RefusesModelTurnLast: true),
        new("gemma-", NoThinking, RefusesSystemInstruction: true));

    /// <summary>The profile for a model.</summary>
    /// <param name="model">Its name, without <c>models/</c>.</param>
    public static ModelProfile For(string model)
    {
        foreach (var profile in Known)
        {
            if (model.StartsWith(profile.Prefix, StringComparison.Ordinal))
            {
                return profile;
            }
        }

        return Newest;
    }

    private static ModelProfile[] Sorted(params ModelProfile[] profiles)
    {
        Array.Sort(profiles, (a, b) => b.Prefix.Length.CompareTo(a.Prefix.Length));
        return profiles;
    }
}
