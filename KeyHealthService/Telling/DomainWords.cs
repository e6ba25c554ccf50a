using System.Text.Json;
using System.Text.Json.Serialization;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Settings;
using GeminiBalance.KeyHealthService.Store;
using JasperFx.Events;

namespace GeminiBalance.KeyHealthService.Telling;

/// <summary>Says an event of this service as others hear it. Pure.</summary>
internal static class DomainWords
{
    private const int LongestValue = 500;

    /// <summary>What nobody outside has a use for. No event holds a secret; a hash or fingerprint recognises one.</summary>
    private static readonly HashSet<string> Kept = ["by", "at", "from", "to", "hash", "fingerprint", "previousHash", "keyId", "accessKeyId", "quotaId", "projectId", "limitsId", "alarmId"];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>One event.</summary>
    /// <param name="e">The event.</param>
    /// <param name="subject">What people call what it happened to.</param>
    public static DomainChange Of(IEvent e, string subject)
    {
        var happened = (IPoolEvent)e.Data;
        if (happened is SettingsSaved saved)
        {
            return new DomainChange(
                e.Id, null, "gateway settings", EventNames.All[typeof(SettingsSaved)], saved.At, saved.By, KeyTimeline.Say(saved), Values(saved, change => change.Before), Values(saved, change => change.After));
        }

        Dictionary<string, string>? before = null;
        var after = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in JsonSerializer.SerializeToElement(e.Data, e.Data.GetType(), Json).EnumerateObject())
        {
            switch (field.Name)
            {
                case "from":
                    before = new() { ["status"] = Text(field.Value) };
                    break;
                case "to":
                    after["status"] = Text(field.Value);
                    break;
                case var name when !Kept.Contains(name):
                    after[name] = Text(field.Value);
                    break;
                default:
                    break;
            }
        }

        return new DomainChange(e.Id, SubjectOf(e), subject, EventNames.All[e.Data.GetType()], happened.At, happened.By, KeyTimeline.Say(happened), before, after.Count == 0 ? null : after);
    }

    /// <summary>The message that tells an event, by its wire name.</summary>
    public static AuditArea AreaOf(IEvent e) => EventNames.All[e.Data.GetType()].Split('.')[1] switch
    {
        "access-key" => AuditArea.AccessKeys,
        "setting" or "settings" => AuditArea.Settings,
        "model" or "models" => AuditArea.Models,
        _ => AuditArea.Keys,
    };

    private static Guid? SubjectOf(IEvent e) => e.Data switch
    {
        QuotaChanged quota => quota.KeyId,
        _ => EventNames.All[e.Data.GetType()].Split('.')[1] is "key" or "access-key" ? e.StreamId : null,
    };

    private static Dictionary<string, string> Values(SettingsSaved saved, Func<SettingChange, string?> side) =>
        saved.Changes.Where(change => side(change) is not null).ToDictionary(change => change.Name, change => Cut(side(change)!), StringComparer.Ordinal);

    private static string Text(JsonElement value) => Cut(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());

    private static string Cut(string text) => text.Length <= LongestValue ? text : text[..LongestValue];
}
