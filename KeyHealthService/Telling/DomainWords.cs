using System.Text.Json;
using System.Text.Json.Serialization;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Models;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Settings;
using GeminiBalance.KeyHealthService.Store;
using JasperFx.Events;

namespace GeminiBalance.KeyHealthService.Telling;

/// <summary>Says an event of this service as others hear it. Pure.</summary>
internal static class DomainWords
{
    private const int LongestValue = 500;
    private const string Models = "Models:";

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

        if (happened is ModelsSynced synced)
        {
            return new DomainChange(
                e.Id, null, "model catalogue", EventNames.All[typeof(ModelsSynced)], synced.At, synced.By, synced.Say(), Values(synced.Changes, change => change.Before), Values(synced));
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

    /// <summary>The message that tells an event, by its wire name; settings that are all about models are the models' matter.</summary>
    public static AuditArea AreaOf(IEvent e) => e.Data is SettingsSaved { Changes.Count: > 0 } saved && saved.Changes.All(change => change.Name.StartsWith(Models, StringComparison.Ordinal)) ? AuditArea.Models : EventNames.All[e.Data.GetType()].Split('.')[1] switch
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
        saved.Changes.Where(change => side(change) is not null).ToDictionary(change => change.Name, change => Cut(SealedValue.Show(change.Name, side(change)!)), StringComparer.Ordinal);

    /// <summary>What the upstream says differently of models, by model and field.</summary>
    private static Dictionary<string, string> Values(IReadOnlyList<ModelChange> changes, Func<ModelChange, string?> side) =>
        changes.Where(change => side(change) is not null).ToDictionary(change => $"{change.Model} {change.Field}", change => Cut(side(change)!), StringComparer.Ordinal);

    private static Dictionary<string, string> Values(ModelsSynced synced)
    {
        var after = Values(synced.Changes, change => change.After);
        foreach (var (what, names) in ((string, IEnumerable<string>)[])[("added", synced.Added.Select(model => model.Name)), ("gone", synced.Gone), ("returned", synced.Returned), ("removed", synced.Removed)])
        {
            if (string.Join(", ", names) is { Length: > 0 } said)
            {
                after[what] = Cut(said);
            }
        }

        return after;
    }

    private static string Text(JsonElement value) => Cut(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());

    private static string Cut(string text) => text.Length <= LongestValue ? text : text[..LongestValue];
}
