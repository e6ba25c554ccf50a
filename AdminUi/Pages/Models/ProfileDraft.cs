using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.AdminUi.Pages.Models;

/// <summary>A capability profile while an operator writes it: a text for each field of the catalogue of settings, empty where the gateway's own knowledge holds.</summary>
internal sealed class ProfileDraft
{
    private readonly Dictionary<string, string> texts;

    private ProfileDraft(Dictionary<string, string> texts) => this.texts = texts;

    /// <summary>The fields, as settings know them.</summary>
    public static IReadOnlyList<SettingDefinition> Fields { get; } = [.. SettingCatalogue.All.Where(field => field.Name.StartsWith("Models:Profiles:*:", StringComparison.Ordinal))];

    /// <summary>The text of a field.</summary>
    public string this[SettingDefinition field]
    {
        get => texts.GetValueOrDefault(KeyOf(field), "");
        set => texts[KeyOf(field)] = value.Trim();
    }

    /// <summary>The profile as it stands.</summary>
    /// <param name="profile">What is set; null for nothing.</param>
    public static ProfileDraft Of(ModelProfileOverride? profile) => new(profile is null
        ? []
        : JsonSerializer.SerializeToElement(profile, ContractsJson.Default.ModelProfileOverride).EnumerateObject().ToDictionary(field => field.Name, field => field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString()! : field.Value.GetRawText(), StringComparer.Ordinal));

    /// <summary>The profile as the service reads it.</summary>
    /// <returns>Null when a number is none.</returns>
    public ModelProfileOverride? Profile()
    {
        var given = new JsonObject();
        foreach (var field in Fields)
        {
            if (this[field] is not { Length: > 0 } text)
            {
                continue;
            }

            switch (field.Kind)
            {
                case SettingKind.Boolean:
                    given[KeyOf(field)] = text == "true";
                    break;
                case SettingKind.Integer when int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number):
                    given[KeyOf(field)] = number;
                    break;
                case SettingKind.Integer:
                    return null;
                default:
                    given[KeyOf(field)] = text;
                    break;
            }
        }

        return given.Deserialize(ContractsJson.Default.ModelProfileOverride);
    }

    private static string KeyOf(SettingDefinition field) => JsonNamingPolicy.CamelCase.ConvertName(field.Name[(field.Name.LastIndexOf(':') + 1)..]);
}
