namespace GeminiBalance.Contracts;

/// <summary>An access key as operators see it. The key itself is known only to its holder.</summary>
/// <param name="Id">The access key's id.</param>
/// <param name="Name">What the operator called it.</param>
/// <param name="Prefix">The first characters of the key, to tell keys apart.</param>
/// <param name="Enabled">False when it was disabled.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
/// <param name="ExpiresAt">When it stops working (UTC); null means never.</param>
/// <param name="Version">Version of the access key's stream.</param>
public sealed record AccessKeyView(Guid Id, string Name, string Prefix, bool Enabled, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, long Version);

/// <summary>Asks for a new access key.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="ExpiresAt">When it shall stop working (UTC); null means never.</param>
public sealed record CreateAccessKey(string Name, DateTimeOffset? ExpiresAt);

/// <summary>A new access key: the only answer that ever holds the key.</summary>
/// <param name="AccessKey">What operators see of it from now on.</param>
/// <param name="Key">The key, to be handed to its holder.</param>
/// <param name="Epoch">Epoch of the pool that knows the key.</param>
/// <param name="Sequence">A proxy at this sequence or later accepts the key.</param>
public sealed record CreatedAccessKey(AccessKeyView AccessKey, string Key, Guid Epoch, long Sequence)
{
    /// <summary>Leaves the key out.</summary>
    public override string ToString() => $"{nameof(CreatedAccessKey)} {AccessKey.Id}";
}

/// <summary>Where a proxy stands.</summary>
/// <param name="Epoch">Epoch of its snapshot; null when it has none.</param>
/// <param name="Sequence">Sequence of its snapshot.</param>
/// <param name="Keys">Keys in its pool.</param>
/// <param name="Eligible">Keys that may serve some model now.</param>
/// <param name="AccessKeys">Access keys it knows.</param>
/// <param name="Source">Where the snapshot came from: <c>redis</c>, <c>http</c>, <c>disk</c> or <c>none</c>.</param>
/// <param name="UnsentFacts">Request facts the bus has not confirmed yet.</param>
public sealed record ProxyStatus(Guid? Epoch, long Sequence, int Keys, int Eligible, int AccessKeys, string Source, long UnsentFacts);
