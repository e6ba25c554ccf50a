using System.Text.Json.Serialization;

namespace GeminiBalance.Contracts;

/// <summary>The limits of an access key; null means not limited. Days and months are those of the calendar in UTC.</summary>
/// <param name="RequestsPerMinute">Requests per minute.</param>
/// <param name="TokensPerMinute">Tokens per minute, prompt and answer together.</param>
/// <param name="RequestsPerDay">Requests per day.</param>
/// <param name="TokensPerDay">Token budget per day.</param>
/// <param name="TokensPerMonth">Token budget per month.</param>
/// <param name="CostPerDay">Cost budget per day in US dollars. Models without a known price cost nothing.</param>
/// <param name="CostPerMonth">Cost budget per month in US dollars.</param>
/// <param name="Concurrency">Requests at the same time.</param>
public sealed record AccessKeyLimits(
    int? RequestsPerMinute = null,
    long? TokensPerMinute = null,
    int? RequestsPerDay = null,
    long? TokensPerDay = null,
    long? TokensPerMonth = null,
    decimal? CostPerDay = null,
    decimal? CostPerMonth = null,
    int? Concurrency = null);

/// <summary>An access key as operators see it. The key itself is known only to its holder.</summary>
/// <param name="Id">The access key's id.</param>
/// <param name="Name">What the operator called it.</param>
/// <param name="Prefix">The first characters of the key, to tell keys apart.</param>
/// <param name="Enabled">False when it was disabled or revoked.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
/// <param name="ExpiresAt">When it stops working (UTC); null means never.</param>
/// <param name="Version">Version of the access key's stream.</param>
/// <param name="Owner">Who holds it.</param>
/// <param name="Note">A note for operators.</param>
/// <param name="Tags">Words to find it by.</param>
/// <param name="Models">The models it may use, a trailing <c>*</c> standing for any rest; an alias counts as the model it leads to. Null means all.</param>
/// <param name="Addresses">The networks it may be used from, as in <c>10.0.0.0/8</c>; null means all.</param>
/// <param name="Limits">Its limits; null means none.</param>
/// <param name="RevokedAt">When it was revoked for good (UTC).</param>
/// <param name="OldKeyUntil">Until when the key before the last rotation still works (UTC).</param>
public sealed record AccessKeyView(
    Guid Id,
    string Name,
    string Prefix,
    bool Enabled,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    long Version,
    string? Owner = null,
    string? Note = null,
    IReadOnlyList<string>? Tags = null,
    IReadOnlyList<string>? Models = null,
    IReadOnlyList<string>? Addresses = null,
    AccessKeyLimits? Limits = null,
    DateTimeOffset? RevokedAt = null,
    DateTimeOffset? OldKeyUntil = null);

/// <summary>A page of access keys.</summary>
/// <param name="Items">The access keys, newest first.</param>
/// <param name="Next">Pass as <c>after</c> to get the next page; null on the last.</param>
/// <param name="Total">How many access keys match the search.</param>
public sealed record AccessKeyPage(IReadOnlyList<AccessKeyView> Items, string? Next, int Total);

/// <summary>Asks for a new access key.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="ExpiresAt">When it shall stop working (UTC); null means never.</param>
/// <param name="Owner">Who holds it.</param>
/// <param name="Note">A note for operators.</param>
/// <param name="Tags">Words to find it by.</param>
/// <param name="Models">The models it may use, a trailing <c>*</c> standing for any rest; an alias counts as the model it leads to. Null means all.</param>
/// <param name="Addresses">The networks it may be used from; null means all.</param>
/// <param name="Limits">Its limits; null means none.</param>
public sealed record CreateAccessKey(
    string Name,
    DateTimeOffset? ExpiresAt,
    string? Owner = null,
    string? Note = null,
    IReadOnlyList<string>? Tags = null,
    IReadOnlyList<string>? Models = null,
    IReadOnlyList<string>? Addresses = null,
    AccessKeyLimits? Limits = null);

/// <summary>Replaces everything that can be edited of an access key; what is left out becomes empty.</summary>
/// <param name="Version">The version the edit was made on; an edit of another version is refused.</param>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="ExpiresAt">When it shall stop working (UTC); null means never.</param>
/// <param name="Owner">Who holds it.</param>
/// <param name="Note">A note for operators.</param>
/// <param name="Tags">Words to find it by.</param>
/// <param name="Models">The models it may use; null means all.</param>
/// <param name="Addresses">The networks it may be used from; null means all.</param>
/// <param name="Limits">Its limits; null means none.</param>
public sealed record EditAccessKey(
    long Version,
    string Name,
    DateTimeOffset? ExpiresAt = null,
    string? Owner = null,
    string? Note = null,
    IReadOnlyList<string>? Tags = null,
    IReadOnlyList<string>? Models = null,
    IReadOnlyList<string>? Addresses = null,
    AccessKeyLimits? Limits = null);

/// <summary>Asks for a new key in place of the present one. The key before that one stops working at once, whatever overlap its own rotation promised: see <see cref="AccessKeyView.OldKeyUntil"/>.</summary>
/// <param name="OverlapSeconds">How long the present key goes on working; null means a day.</param>
public sealed record RotateAccessKey(long? OverlapSeconds = null);

/// <summary>A new access key: the only answer that ever holds the key.</summary>
/// <param name="AccessKey">What operators see of it from now on.</param>
/// <param name="Key">The key, to be handed to its holder.</param>
/// <param name="Epoch">Epoch of the pool that knows the key; empty while it could not be published yet, which follows by itself.</param>
/// <param name="Sequence">A proxy at this sequence or later accepts the key; 0 while it could not be published yet.</param>
public sealed record CreatedAccessKey(AccessKeyView AccessKey, string Key, Guid Epoch, long Sequence)
{
    /// <summary>Whether proxies can know the key by now.</summary>
    [JsonIgnore]
    public bool IsPublished => Epoch != Guid.Empty;

    /// <summary>Leaves the key out.</summary>
    public override string ToString() => $"{nameof(CreatedAccessKey)} {AccessKey.Id}";
}

/// <summary>What became of an import of client tokens of another gateway.</summary>
/// <param name="Added">Tokens that are access keys now.</param>
/// <param name="Known">Tokens that are access keys already, or were once: also those rotated, revoked or removed since.</param>
/// <param name="Rejected">What could not be taken, and why; never a token.</param>
public sealed record AccessKeyImportResult(int Added, int Known, IReadOnlyList<string> Rejected);

/// <summary>Where a proxy stands.</summary>
/// <param name="Epoch">Epoch of its snapshot; null when it has none.</param>
/// <param name="Sequence">Sequence of its snapshot.</param>
/// <param name="Keys">Keys in its pool.</param>
/// <param name="Eligible">Keys that may serve some model now.</param>
/// <param name="AccessKeys">Access keys it knows.</param>
/// <param name="Source">Where the snapshot came from: <c>redis</c>, <c>http</c>, <c>disk</c> or <c>none</c>.</param>
/// <param name="UnsentFacts">Request facts the bus has not confirmed yet.</param>
public sealed record ProxyStatus(Guid? Epoch, long Sequence, int Keys, int Eligible, int AccessKeys, string Source, long UnsentFacts);
