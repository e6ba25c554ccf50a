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

/// <summary>The services that apply settings.</summary>
public static class SettingServices
{
    /// <summary>ProxyService.</summary>
    public const string Proxy = "proxy";

    /// <summary>KeyHealthService.</summary>
    public const string KeyHealth = "keyhealth";

    /// <summary>StatsService.</summary>
    public const string Stats = "stats";
}

/// <summary>Where the value of a setting comes from, weakest first.</summary>
public static class SettingSources
{
    /// <summary>Nobody set it.</summary>
    public const string Default = "default";

    /// <summary>The program that started the service in its own process, as a test does.</summary>
    public const string Host = "host";

    /// <summary>A file, as <c>appsettings.json</c>.</summary>
    public const string File = "file";

    /// <summary>A variable of the environment.</summary>
    public const string Environment = "environment";

    /// <summary>The command line.</summary>
    public const string CommandLine = "command_line";

    /// <summary>Set for all replicas, in the UI, over the admin API or with <c>gb settings</c>.</summary>
    public const string Ui = "ui";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Default, Host, File, Environment, CommandLine, Ui];
}

/// <summary>A setting that can be changed while the gateway runs.</summary>
/// <param name="Name">Name as in configuration; <c>*</c> as a part stands for a name of the operator's choice.</param>
/// <param name="Kind">What its values look like.</param>
/// <param name="Default">The value when nobody sets one; null for none.</param>
/// <param name="Description">What it does.</param>
/// <param name="Minimum">Smallest number.</param>
/// <param name="Maximum">Largest number, or most characters of a text.</param>
/// <param name="Choices">The words of a choice.</param>
/// <param name="Form">Texts of a form of their own: what is wrong with one, as the end of a sentence; null for any text.</param>
/// <param name="Mask">How a value that holds secrets is shown; null when it holds none.</param>
/// <param name="Services">The services that apply it, of <see cref="SettingServices"/>; null for the proxy alone.</param>
public sealed record SettingDefinition(
    string Name, SettingKind Kind, string? Default, string Description, double? Minimum = null, double? Maximum = null, IReadOnlyList<string>? Choices = null,
    Func<string, string?>? Form = null, Func<string, string>? Mask = null, IReadOnlyList<string>? Services = null)
{
    /// <summary>Most characters of a text that has no limit of its own.</summary>
    public const int LongestText = 20_000;

    private static readonly string[] ProxyAlone = [SettingServices.Proxy];

    /// <summary>The services that apply it.</summary>
    public IReadOnlyList<string> AppliedBy => Services ?? ProxyAlone;

    /// <summary>Whether part of the name is the operator's choice.</summary>
    public bool IsOpen => Name.Contains('*', StringComparison.Ordinal);

    /// <summary>Whether a service applies it.</summary>
    /// <param name="service">One of <see cref="SettingServices"/>.</param>
    public bool AppliesTo(string service) => AppliedBy.Contains(service, StringComparer.Ordinal);

    /// <summary>A value as people may see it.</summary>
    /// <param name="value">The value.</param>
    public string Show(string value) => Mask is null ? value : Mask(value);

    /// <summary>Whether its value holds secrets.</summary>
    public bool IsSecret => Mask is not null;

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
            ? Form?.Invoke(value)
            : string.Create(CultureInfo.InvariantCulture, $"a text of 1 to {Maximum ?? LongestText} characters"),
    };

    private string? Fits(bool parsed, double number, string what) =>
        parsed && number >= Minimum && number <= Maximum ? null : string.Create(CultureInfo.InvariantCulture, $"{what} from {Minimum} to {Maximum}");
}
