using System.Globalization;

namespace GeminiBalance.KeyHealthService.Settings;

/// <summary>What the settings of a family of models (<c>Models:Profiles:PREFIX:…</c>) must be together. Pure.</summary>
internal static class ProfileRules
{
    private const string Profiles = "Models:Profiles:";
    private static readonly string[] Levels = ["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"];

    /// <summary>What is wrong, as a sentence that names the setting; null for nothing.</summary>
    /// <param name="values">All settings.</param>
    public static string? Fault(IReadOnlyDictionary<string, string> values)
    {
        foreach (var (name, value) in values)
        {
            if (!name.StartsWith(Profiles, StringComparison.Ordinal))
            {
                continue;
            }

            if (name.EndsWith(":Levels", StringComparison.Ordinal) && (value.Trim().Length == 0 || value.Split(',', StringSplitOptions.TrimEntries).Any(level => !Levels.Contains(level, StringComparer.OrdinalIgnoreCase))))
            {
                return $"{name} must be levels, separated by commas: {string.Join(", ", Levels)}.";
            }

            if (name.EndsWith(":MinimumBudget", StringComparison.Ordinal)
                && values.TryGetValue(name[..^"MinimumBudget".Length] + "MaximumBudget", out var most)
                && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var least)
                && long.TryParse(most, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var largest)
                && least > largest)
            {
                return $"{name} must not be larger than MaximumBudget, which is {most}.";
            }
        }

        return null;
    }
}
