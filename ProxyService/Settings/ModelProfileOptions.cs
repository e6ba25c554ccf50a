using GeminiBalance.ProxyService.Gemini;

namespace GeminiBalance.ProxyService.Settings;

/// <summary>What a family of models understands, as far as it differs from the shipped profile of the same name; see <see cref="ModelProfile"/>.</summary>
internal sealed class ModelProfileOptions
{
    private static readonly string[] Controls = ["none", "budget", "level"];
    private static readonly string[] AllLevels = ["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"];
    private static readonly ThinkingControl.Budget AnyBudget = new(1, 24576, CanBeOff: true);
    private static readonly ThinkingControl.Level AnyLevel = new(HasMinimal: false, HasMedium: true, HasExtraHigh: false);

    /// <summary><c>none</c>, <c>budget</c> or <c>level</c>.</summary>
    public string? Thinking { get; set; }

    /// <inheritdoc cref="ThinkingControl.Budget.Minimum" />
    public int? MinimumBudget { get; set; }

    /// <inheritdoc cref="ThinkingControl.Budget.Maximum" />
    public int? MaximumBudget { get; set; }

    /// <inheritdoc cref="ThinkingControl.Budget.CanBeOff" />
    public bool? CanBeOff { get; set; }

    /// <summary>Levels beside <c>LOW</c> and <c>HIGH</c>, separated by commas: of <c>MINIMAL</c>, <c>MEDIUM</c>, <c>XHIGH</c>.</summary>
    public string? Levels { get; set; }

    /// <inheritdoc cref="ModelProfile.IgnoresSampling" />
    public bool? IgnoresSampling { get; set; }

    /// <inheritdoc cref="ModelProfile.RefusesPenalties" />
    public bool? RefusesPenalties { get; set; }

    /// <inheritdoc cref="ModelProfile.RefusesModelTurnLast" />
    public bool? RefusesModelTurnLast { get; set; }

    /// <inheritdoc cref="ModelProfile.RefusesSystemInstruction" />
    public bool? RefusesSystemInstruction { get; set; }

    /// <inheritdoc cref="ModelProfile.RefusesTools" />
    public bool? RefusesTools { get; set; }

    /// <inheritdoc cref="ModelProfile.MostCandidates" />
    public int? MostCandidates { get; set; }

    /// <inheritdoc cref="ModelProfile.EnforcesSignatures" />
    public bool? EnforcesSignatures { get; set; }

    /// <inheritdoc cref="ModelProfile.MixesTools" />
    public bool? MixesTools { get; set; }

    /// <inheritdoc cref="ModelProfile.OutputLimit" />
    public int? OutputLimit { get; set; }

    /// <summary>The profile these settings make of a shipped one.</summary>
    /// <param name="prefix">How the names of the family begin.</param>
    public ModelProfile Over(string prefix)
    {
        var shipped = ModelProfiles.Default.For(prefix);
        return shipped with
        {
            Prefix = prefix,
            Thinking = ThinkingOver(shipped.Thinking),
            IgnoresSampling = IgnoresSampling ?? shipped.IgnoresSampling,
            RefusesPenalties = RefusesPenalties ?? shipped.RefusesPenalties,
            RefusesModelTurnLast = RefusesModelTurnLast ?? shipped.RefusesModelTurnLast,
            RefusesSystemInstruction = RefusesSystemInstruction ?? shipped.RefusesSystemInstruction,
            RefusesTools = RefusesTools ?? shipped.RefusesTools,
            MostCandidates = MostCandidates ?? shipped.MostCandidates,
            EnforcesSignatures = EnforcesSignatures ?? shipped.EnforcesSignatures,
            MixesTools = MixesTools ?? shipped.MixesTools,
            OutputLimit = OutputLimit ?? shipped.OutputLimit,
        };
    }

    /// <summary>What cannot be, each naming its setting.</summary>
    /// <param name="prefix">How the names of the family begin.</param>
    internal IEnumerable<string> Faults(string prefix)
    {
        if (Thinking is not null && !Controls.Contains(Thinking, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"Models:Profiles:{prefix}:Thinking is '{Thinking}', but must be none, budget or level.";
        }

        if (Array.Find(LevelsOf(Levels), level => !AllLevels.Contains(level, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            yield return $"Models:Profiles:{prefix}:Levels names '{unknown}', but the levels are {string.Join(", ", AllLevels)}.";
        }

        if (MinimumBudget is < 0 || MinimumBudget > (MaximumBudget ?? int.MaxValue))
        {
            yield return $"Models:Profiles:{prefix}:MinimumBudget must be from 0 to MaximumBudget.";
        }

        if (MostCandidates is < 1 || OutputLimit is < 1)
        {
            yield return $"Models:Profiles:{prefix}: MostCandidates and OutputLimit must be at least 1.";
        }
    }

    /// <summary>The way of thinking that is set, else the shipped one; of it what is set, else what is shipped.</summary>
    private ThinkingControl ThinkingOver(ThinkingControl shipped)
    {
        var budget = shipped as ThinkingControl.Budget ?? AnyBudget;
        var level = shipped as ThinkingControl.Level ?? AnyLevel;
        return (Thinking?.ToLowerInvariant() ?? KindOf(shipped)) switch
        {
            "budget" => BudgetOver(budget),
            "level" when Levels is null => level,
            "level" => new ThinkingControl.Level(Has("MINIMAL"), Has("MEDIUM"), Has("XHIGH")),
            _ => new ThinkingControl.None(),
        };
    }

    /// <summary>A maximum that is set counts against a minimum that is shipped.</summary>
    private ThinkingControl.Budget BudgetOver(ThinkingControl.Budget shipped)
    {
        var most = Math.Max(MinimumBudget ?? 0, MaximumBudget ?? shipped.Maximum);
        return new(MinimumBudget ?? Math.Min(shipped.Minimum, most), most, CanBeOff ?? shipped.CanBeOff);
    }

    private static string KindOf(ThinkingControl control) => control switch
    {
        ThinkingControl.Budget => "budget",
        ThinkingControl.Level => "level",
        _ => "none",
    };

    private static string[] LevelsOf(string? levels) => levels?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private bool Has(string level) => LevelsOf(Levels).Contains(level, StringComparer.OrdinalIgnoreCase);
}
