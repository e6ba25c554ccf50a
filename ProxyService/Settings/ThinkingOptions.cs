using GeminiBalance.ProxyService.OpenAi;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Settings;

/// <summary>Settings of section <c>Thinking</c>: how much models think when the client does not say. Changeable while the gateway runs.</summary>
internal sealed class ThinkingOptions : IValidateOptions<ThinkingOptions>
{
    private const int LargestBudget = 1_000_000;

    /// <summary>Who decides.</summary>
    public ThinkingMode Mode { get; set; }

    /// <summary>Tokens, when <see cref="Mode"/> is <see cref="ThinkingMode.Budget"/>; -1 lets the model decide.</summary>
    public int Budget { get; set; } = -1;

    /// <summary><c>minimal</c>, <c>low</c>, <c>medium</c>, <c>high</c> or <c>xhigh</c>, when <see cref="Mode"/> is <see cref="ThinkingMode.Level"/>.</summary>
    public string Level { get; set; } = "medium";

    /// <summary>Whether thoughts are shown; null leaves it to the client.</summary>
    public bool? IncludeThoughts { get; set; }

    /// <summary>Whether switching thinking off is refused on models that always think, instead of being the least they can.</summary>
    public bool RefuseOff { get; set; }

    /// <summary>What is set otherwise for models whose names begin so.</summary>
    public Dictionary<string, ModelThinkingOptions> Models { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What holds for a model: what is set for the longest beginning that fits, and of what is not set there, what holds for all models.</summary>
    public ModelThinking For(string model)
    {
        ModelThinkingOptions? own = null;
        var length = 0;
        foreach (var (prefix, options) in Models)
        {
            if (prefix.Length > length && model.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                (own, length) = (options, prefix.Length);
            }
        }

        var mode = own?.Mode ?? Mode;
        return new ModelThinking(
            mode switch
            {
                ThinkingMode.Off => ReasoningEffort.None,
                ThinkingMode.Level => Parse(own?.Level ?? Level),
                _ => null,
            },
            mode == ThinkingMode.Budget ? own?.Budget ?? Budget : null,
            own?.IncludeThoughts ?? IncludeThoughts,
            own?.RefuseOff ?? RefuseOff);
    }

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, ThinkingOptions options)
    {
        var faults = new List<string>();
        Check(options.Budget, options.Level, "Thinking", faults);
        foreach (var (prefix, model) in options.Models)
        {
            Check(model.Budget, model.Level, $"Thinking:Models:{prefix}", faults);
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static void Check(int? budget, string? level, string section, List<string> faults)
    {
        if (budget is < -1 or > LargestBudget)
        {
            faults.Add($"{section}:Budget must be -1 to {LargestBudget}.");
        }

        if (level is not null && Parse(level) is null)
        {
            faults.Add($"{section}:Level is '{level}', but must be minimal, low, medium, high or xhigh.");
        }
    }

    private static ReasoningEffort? Parse(string level) => level.ToLowerInvariant() switch
    {
        "minimal" => ReasoningEffort.Minimal,
        "low" => ReasoningEffort.Low,
        "medium" => ReasoningEffort.Medium,
        "high" => ReasoningEffort.High,
        "xhigh" => ReasoningEffort.ExtraHigh,
        _ => null,
    };
}

/// <summary>How much some models think, as far as it differs from all others; see <see cref="ThinkingOptions"/>.</summary>
internal sealed class ModelThinkingOptions
{
    /// <inheritdoc cref="ThinkingOptions.Mode" />
    public ThinkingMode? Mode { get; set; }

    /// <inheritdoc cref="ThinkingOptions.Budget" />
    public int? Budget { get; set; }

    /// <inheritdoc cref="ThinkingOptions.Level" />
    public string? Level { get; set; }

    /// <inheritdoc cref="ThinkingOptions.IncludeThoughts" />
    public bool? IncludeThoughts { get; set; }

    /// <inheritdoc cref="ThinkingOptions.RefuseOff" />
    public bool? RefuseOff { get; set; }
}

/// <summary>What the settings say of one model's thinking.</summary>
/// <param name="Effort">How hard to think; null leaves it open.</param>
/// <param name="Budget">As many tokens; null leaves it open.</param>
/// <param name="IncludeThoughts">Whether thoughts are shown; null leaves it to the client.</param>
/// <param name="RefuseOff">Whether switching thinking off is refused where a model always thinks.</param>
internal readonly record struct ModelThinking(ReasoningEffort? Effort, int? Budget, bool? IncludeThoughts, bool RefuseOff);

/// <summary>Who decides how much a model thinks when the client does not say.</summary>
internal enum ThinkingMode
{
    /// <summary>The model.</summary>
    Client,

    /// <summary>It does not think, or as little as it can.</summary>
    Off,

    /// <summary>As many tokens as set.</summary>
    Budget,

    /// <summary>As hard as set.</summary>
    Level,
}
