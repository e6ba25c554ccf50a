using GeminiBalance.AdminUi.Preferences;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.AccessKeys;

/// <summary>The terms of an access key while an operator writes them. Lists are one item per line or comma.</summary>
public sealed class AccessKeyDraft
{
    private static readonly char[] Separators = [',', '\n', '\r', ';', '，', '；'];

    /// <summary>1 to 100 characters.</summary>
    public string Name { get; set; } = "";

    /// <summary>Who holds it.</summary>
    public string? Owner { get; set; }

    /// <summary>A note for operators.</summary>
    public string? Note { get; set; }

    /// <summary>Words to find it by.</summary>
    public string? Tags { get; set; }

    /// <summary>The models it may use; empty means all.</summary>
    public string? Models { get; set; }

    /// <summary>The networks it may be used from; empty means all.</summary>
    public string? Addresses { get; set; }

    /// <summary>Its limits.</summary>
    public LimitsDraft Limits { get; init; } = new();

    /// <summary>Day and time in the operator's zone; null means never.</summary>
    public DateTime? Expires { get; set; }

    /// <summary>The terms as they stand.</summary>
    /// <param name="key">The access key.</param>
    /// <param name="local">An instant on the operator's clock.</param>
    public static AccessKeyDraft Of(AccessKeyView key, Func<DateTimeOffset, DateTimeOffset> local) => new()
    {
        Name = key.Name,
        Owner = key.Owner,
        Note = key.Note,
        Tags = Joined(key.Tags),
        Models = Joined(key.Models),
        Addresses = Joined(key.Addresses),
        Limits = LimitsDraft.Of(key.Limits),
        Expires = key.ExpiresAt is { } at ? local(at).DateTime : null,
    };

    /// <summary>Asks for a new access key with these terms.</summary>
    /// <param name="zone">The operator's time zone.</param>
    public CreateAccessKey Create(TimeZoneInfo zone) => new(Name.Trim(), ExpiresAt(zone), Text(Owner), Text(Note), List(Tags), List(Models), List(Addresses), Limits.Limits());

    /// <summary>Replaces the terms of an access key by these.</summary>
    /// <param name="key">The access key as it was when the edit began.</param>
    /// <param name="zone">The operator's time zone.</param>
    public EditAccessKey Edit(AccessKeyView key, TimeZoneInfo zone) =>
        new(key.Version, Name.Trim(), Unchanged(key, zone) ? key.ExpiresAt : ExpiresAt(zone), Text(Owner), Text(Note), List(Tags), List(Models), List(Addresses), Limits.Limits());

    /// <summary>The field shows whole minutes; a time of expiry nobody touched keeps its seconds.</summary>
    private bool Unchanged(AccessKeyView key, TimeZoneInfo zone) =>
        key.ExpiresAt is { } before && ExpiresAt(zone) is { } now && (before - now).Duration() < TimeSpan.FromMinutes(1);

    private DateTimeOffset? ExpiresAt(TimeZoneInfo zone)
    {
        if (Expires is not { } wall)
        {
            return null;
        }

        return BrowserClock.Instant(wall, zone);
    }

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static string[]? List(string? text) =>
        text?.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } items ? items : null;

    private static string? Joined(IReadOnlyList<string>? items) => items is null ? null : string.Join('\n', items);
}
