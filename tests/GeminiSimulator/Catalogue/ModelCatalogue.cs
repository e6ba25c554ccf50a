using System.Collections.Frozen;

namespace GeminiBalance.GeminiSimulator.Catalogue;

/// <summary>The models the simulator offers, as data. Retired ones are not here, so they answer 404.</summary>
public static class ModelCatalogue
{
    private static readonly string[] Low = ["LOW", "MEDIUM", "HIGH"];
    private static readonly string[] Minimal = ["MINIMAL", .. Low];
    private static readonly string[] Extra = [.. Low, "XHIGH"];

    /// <summary>All models, in the order of the list.</summary>
    public static IReadOnlyList<ModelProfile> All { get; } =
    [
        Budget("gemini-2.5-pro", "Gemini 2.5 Pro", 128, 32_768, canDisable: false),
        Budget("gemini-2.5-flash", "Gemini 2.5 Flash", 1, 24_576, canDisable: true),
        Budget("gemini-2.5-flash-lite", "Gemini 2.5 Flash-Lite", 512, 24_576, canDisable: true) with { ThinksByDefault = false },
        Early("gemini-3-flash-preview", "Gemini 3 Flash Preview", Minimal) with { QuotaModel = "gemini-3-flash" },
        Early("gemini-3.1-pro-preview", "Gemini 3.1 Pro Preview", Low) with { QuotaModel = "gemini-3.1-pro" },
        Early("gemini-3.1-flash-lite", "Gemini 3.1 Flash-Lite", Minimal),
        Early("gemini-3.5-flash", "Gemini 3.5 Flash", Minimal),
        Late("gemini-3.5-flash-lite", "Gemini 3.5 Flash-Lite", Minimal),
        Late("gemini-3.6-flash", "Gemini 3.6 Flash", Minimal),
        Late("gemini-3.7-flash", "Gemini 3.7 Flash", Low),
        Late("gemini-3.8-flash", "Gemini 3.8 Flash", Low),
        Fourth("gemini-4-argon", "Gemini 4 Argon", Low),
        Fourth("gemini-4-carbon", "Gemini 4 Carbon", Low),
        Fourth("gemini-4-hydrogen", "Gemini 4 Hydrogen", Extra),
        Fourth("gemini-4-neon", "Gemini 4 Neon", Extra),
        Late("gemini-flash-latest", "Gemini Flash Latest", Low) with { Serves = "gemini-3.8-flash", QuotaModel = "gemini-3.8-flash" },
        Late("gemini-flash-lite-latest", "Gemini Flash-Lite Latest", Minimal) with { Serves = "gemini-3.5-flash-lite", QuotaModel = "gemini-3.5-flash-lite" },
        Early("gemini-pro-latest", "Gemini Pro Latest", Low) with { Serves = "gemini-3.1-pro-preview", QuotaModel = "gemini-3.1-pro" },
        Image("gemini-2.5-flash-image", "Gemini 2.5 Flash Image"),
        Image("gemini-3-pro-image", "Gemini 3 Pro Image"),
        Image("gemini-3.1-flash-image", "Gemini 3.1 Flash Image"),
        Image("gemini-3.1-flash-lite-image", "Gemini 3.1 Flash-Lite Image"),
        Speech("gemini-2.5-flash-preview-tts", "Gemini 2.5 Flash Preview TTS"),
        Speech("gemini-3.8-flash-tts", "Gemini 3.8 Flash TTS"),
        Speech("gemini-3.8-flash-lite-tts", "Gemini 3.8 Flash-Lite TTS"),
        Gemma("gemma-3-27b-it", "Gemma 3 27B"),
        Gemma("gemma-4-31b-it", "Gemma 4 31B"),
        new("gemini-embedding-001", "Gemini Embedding 001", Embeds: true, InputTokenLimit: 2_048, OutputTokenLimit: 1),
        new("gemini-embedding-2", "Gemini Embedding 2", Embeds: true, InputTokenLimit: 8_192, OutputTokenLimit: 1),
    ];

    private static readonly FrozenDictionary<string, ModelProfile> ByName = All.ToFrozenDictionary(model => model.Name);

    /// <summary>The model of a name, or null.</summary>
    /// <param name="name">Name without <c>models/</c>.</param>
    public static ModelProfile? Find(string name) => ByName.GetValueOrDefault(name);

    private static ModelProfile Budget(string name, string title, int minimum, int maximum, bool canDisable) =>
        new(name, title, ThinkingControl.Budget, minimum, maximum, canDisable, Penalties: false);

    /// <summary>Gemini 3 to 3.5: levels, and budgets still taken.</summary>
    private static ModelProfile Early(string name, string title, string[] levels) =>
        new(name, title, ThinkingControl.Level, 1, 32_768, Levels: levels, EnforcesSignatures: true);

    /// <summary>From 3.5 Flash-Lite on: one candidate, no penalties, the user speaks last.</summary>
    private static ModelProfile Late(string name, string title, string[] levels) =>
        Early(name, title, levels) with { Penalties = false, MaximumCandidates = 1, TrailingModelTurn = false };

    /// <summary>Gemini 4: as before, and no budget.</summary>
    private static ModelProfile Fourth(string name, string title, string[] levels) =>
        Late(name, title, levels) with { BudgetMinimum = 0, BudgetMaximum = 0 };

    private static ModelProfile Image(string name, string title) =>
        new(name, title, MaximumCandidates: 1, Tools: false, InputTokenLimit: 65_536, OutputTokenLimit: 32_768) { Modalities = ["TEXT", "IMAGE"] };

    private static ModelProfile Speech(string name, string title) =>
        new(name, title, MaximumCandidates: 1, SystemInstruction: false, Tools: false, InputTokenLimit: 8_192, OutputTokenLimit: 16_384) { Modalities = ["AUDIO"] };

    private static ModelProfile Gemma(string name, string title) =>
        new(name, title, MaximumCandidates: 1, SystemInstruction: false, Tools: false, InputTokenLimit: 131_072, OutputTokenLimit: 8_192);
}
