using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Vault;

/// <summary>
/// The encrypted values of settings that hold passwords. Every value gets a record of its own that is never changed, so that events can name it and old versions
/// can be brought back, without any event holding a secret.
/// </summary>
internal sealed class SettingSecrets(SecretEncryption encryption, NpgsqlDataSource database)
{
    /// <summary>Stores a value.</summary>
    /// <returns>Its id.</returns>
    public async Task<Guid> StoreAsync(Secret value, CancellationToken cancellation)
    {
        var id = Guid.CreateVersion7();
        var encrypted = encryption.Encrypt(id, SecretPurposes.Setting, value);
        await using var command = database.CreateCommand("insert into keys.setting_secrets (id, key_version, data) values ($1, $2, $3)");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = encrypted.KeyVersion });
        command.Parameters.Add(new() { Value = encrypted.Data });
        await command.ExecuteNonQueryAsync(cancellation);
        return id;
    }

    /// <summary>Reads a value as it is stored; null when there is none.</summary>
    public async Task<EncryptedSecret?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select key_version, data from keys.setting_secrets where id = $1");
        command.Parameters.Add(new() { Value = id });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        return await rows.ReadAsync(cancellation) ? new EncryptedSecret(rows.GetInt32(0), rows.GetString(1)) : null;
    }

    /// <summary>Reads a value; null when there is none.</summary>
    /// <exception cref="SecretUnreadableException">It was changed or moved in the database.</exception>
    public async Task<Secret?> RevealAsync(Guid id, CancellationToken cancellation) =>
        await FindAsync(id, cancellation) is { } found ? encryption.Decrypt(id, SecretPurposes.Setting, found) : null;
}
