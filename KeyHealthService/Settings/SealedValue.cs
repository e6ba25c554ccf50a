using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.KeyHealthService.Settings;

/// <summary>What events and states say of a value that holds secrets: how it looks masked, and where it lies encrypted.</summary>
/// <param name="Shown">The value, masked.</param>
/// <param name="Id">Its record in the vault.</param>
internal sealed record SealedValue(string Shown, Guid Id)
{
    private const string Mark = " #";

    /// <summary>Reads one.</summary>
    /// <param name="value">What an event says.</param>
    /// <returns>Null when it is none.</returns>
    public static SealedValue? Parse(string value)
    {
        var mark = value.LastIndexOf(Mark, StringComparison.Ordinal);
        return mark >= 0 && Guid.TryParseExact(value[(mark + Mark.Length)..], "N", out var id) ? new SealedValue(value[..mark], id) : null;
    }

    /// <summary>A value as people may see it.</summary>
    /// <param name="name">The setting's name: only those that hold secrets are sealed.</param>
    /// <param name="value">What an event says.</param>
    public static string Show(string name, string value) => SettingCatalogue.Find(name) is ({ IsSecret: true } definition, _) ? Parse(value)?.Shown ?? definition.Show(value) : value;

    /// <summary>As events say it.</summary>
    public override string ToString() => $"{Shown}{Mark}{Id:N}";
}
