using System.Globalization;

namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>What the values of a setting look like.</summary>
public enum SettingKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>One of several words.</summary>
    Choice,
}

/// <summary>A setting that can be changed while the gateway runs.</summary>
/// <param name="Name">Name as in configuration; <c>*</c> as a part stands for a name of the operator's choice.</param>
/// <param name="Kind">What its values look like.</param>
/// <param name="Default">The value when nobody sets one; null for none.</param>
/// <param name="Description">What it does.</param>
/// <param name="Minimum">Smallest number.</param>
/// <param name="Maximum">Largest number, or most characters of a text.</param>
/// <param name="Choices">The words of a choice.</param>
public sealed record SettingDefinition(
    string Name, SettingKind Kind, string? Default, string Description, double? Minimum = null, double? Maximum = null, IReadOnlyList<string>? Choices = null)
{
    private const int LongestText = 20_000;

    /// <summary>Whether part of the name is the operator's choice.</summary>
    public bool IsOpen => Name.Contains('*', StringComparison.Ordinal);

    /// <summary>Checks a value.</summary>
    /// <param name="value">The value.</param>
    /// <returns>What values may be, as the end of a sentence; null when the value is one.</returns>
    public string? Refuse(string value) => Kind switch
    {
        SettingKind.Integer => Fits(long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole), whole, "a whole number"),
        SettingKind.Number => Fits(double.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number), number, "a number"),
        SettingKind.Boolean => value is "true" or "false" ? null : "true or false",
        SettingKind.Choice => Choices!.Contains(value, StringComparer.Ordinal) ? null : $"one of {string.Join(", ", Choices!)}",
        _ => value.Length > 0 && value.Length <= (Maximum ?? LongestText) && !value.Contains('\0', StringComparison.Ordinal)
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"a text of 1 to {Maximum ?? LongestText} characters"),
    };

    private string? Fits(bool parsed, double number, string what) =>
        parsed && number >= Minimum && number <= Maximum ? null : string.Create(CultureInfo.InvariantCulture, $"{what} from {Minimum} to {Maximum}");
}
