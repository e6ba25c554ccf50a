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

    /// <summary>Other settings for models whose names begin so.</summary>
    public Dictionary<string, ThinkingOptions> Models { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The settings for a model: of the longest beginning that fits, else these.</summary>
    public ThinkingOptions For(string model)
    {
        var (best, length) = (this, 0);
        foreach (var (prefix, options) in Models)
        {
            if (prefix.Length > length && model.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                (best, length) = (options, prefix.Length);
            }
        }

        return best;
    }

    /// <summary>The effort these settings ask for; null for none.</summary>
    public ReasoningEffort? Effort => Mode switch
    {
        ThinkingMode.Off => ReasoningEffort.None,
        ThinkingMode.Level => Parse(Level),
        _ => null,
    };

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, ThinkingOptions options)
    {
        var faults = new List<string>();
        Check(options, "Thinking", faults);
        foreach (var (prefix, model) in options.Models)
        {
            Check(model, $"Thinking:Models:{prefix}", faults);
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static void Check(ThinkingOptions options, string section, List<string> faults)
    {
        if (options.Budget is < -1 or > LargestBudget)
        {
            faults.Add($"{section}:Budget must be -1 to {LargestBudget}.");
        }

        if (Parse(options.Level) is null)
        {
            faults.Add($"{section}:Level is '{options.Level}', but must be minimal, low, medium, high or xhigh.");
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
