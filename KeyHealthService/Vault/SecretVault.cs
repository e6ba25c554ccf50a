using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Vault;

/// <summary>The encrypted secrets. Nothing else in this service stores or reads one.</summary>
internal sealed class SecretVault(SecretEncryption encryption, NpgsqlDataSource database)
{
    /// <summary>A secret that wants to be stored.</summary>
    public sealed record Entry(Guid KeyId, Secret Secret, string Fingerprint);

    public string Fingerprint(Secret secret) => encryption.Fingerprint(secret);

    /// <summary>Encrypts a secret that is stored by others until it comes in here.</summary>
    public EncryptedSecret Seal(Guid keyId, Secret secret) => encryption.Encrypt(keyId, SecretPurposes.UpstreamKey, secret);

    /// <summary>Stores the secrets the vault does not have; a second writer of the same secret waits for the first and then finds it there.</summary>
    /// <returns>The ids of the entries that were stored.</returns>
    public async Task<HashSet<Guid>> AddAsync(NpgsqlTransaction transaction, IReadOnlyCollection<Entry> entries, CancellationToken cancellation)
    {
        // In one order everywhere, so that two imports of the same keys wait for each other and never in a circle.
        var ordered = entries.OrderBy(entry => entry.Fingerprint, StringComparer.Ordinal)
            .Select(entry => (entry.KeyId, entry.Fingerprint, Sealed: encryption.Encrypt(entry.KeyId, SecretPurposes.UpstreamKey, entry.Secret)))
            .ToArray();
        await using var command = new NpgsqlCommand(
            """
            insert into keys.secrets (key_id, fingerprint, key_version, data)
            select * from unnest($1, $2, $3, $4)
            on conflict (fingerprint) do nothing
            returning key_id
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = ordered.Select(entry => entry.KeyId).ToArray() });
        command.Parameters.Add(new() { Value = ordered.Select(entry => entry.Fingerprint).ToArray() });
        command.Parameters.Add(new() { Value = ordered.Select(entry => entry.Sealed.KeyVersion).ToArray() });
        command.Parameters.Add(new() { Value = ordered.Select(entry => entry.Sealed.Data).ToArray() });

        var stored = new HashSet<Guid>(ordered.Length);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            stored.Add(rows.GetGuid(0));
        }

        return stored;
    }

    /// <summary>The keys that hold secrets of these fingerprints.</summary>
    public async Task<Dictionary<string, Guid>> FindAsync(IReadOnlyCollection<string> fingerprints, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select fingerprint, key_id from keys.secrets where fingerprint = any($1)");
        command.Parameters.Add(new() { Value = fingerprints.ToArray() });
        var found = new Dictionary<string, Guid>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            found[rows.GetString(0)] = rows.GetGuid(1);
        }

        return found;
    }

    /// <summary>Reads one secret; null when the key has none any more.</summary>
    /// <exception cref="SecretUnreadableException">It was changed or moved in the database.</exception>
    public async Task<Secret?> ReadAsync(Guid keyId, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select key_version, data from keys.secrets where key_id = $1");
        command.Parameters.Add(new() { Value = keyId });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        return await rows.ReadAsync(cancellation)
            ? encryption.Decrypt(keyId, SecretPurposes.UpstreamKey, new EncryptedSecret(rows.GetInt32(0), rows.GetString(1)))
            : null;
    }
}
