using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Vault;

/// <summary>
/// Proves at start that <c>Encryption:Key</c> is the one the stored secrets were encrypted with. A wrong one would look like ten thousand
/// broken keys, and every import under it would mix the vault.
/// </summary>
internal sealed class EncryptionCheck(SecretEncryption encryption, NpgsqlDataSource database) : IHostedService
{
    private const string Purpose = "encryption-check";
    private static readonly Guid Record = new("0198b1c0-0000-7000-8000-000000000001");
    private static readonly Secret Expected = new("this text proves the key");

    /// <exception cref="StartupException">The key is another one, or the schema is missing, or the database cannot be asked.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            var stored = await StoredAsync(cancellationToken);
            if (!encryption.Decrypt(Record, Purpose, stored).Equals(Expected))
            {
                throw new SecretUnreadableException("The check value is another one.");
            }
        }
        catch (SecretUnreadableException)
        {
            throw new StartupException("Encryption:Key (or Encryption:KeyVersion) is not the one the stored keys were encrypted with. Set the old one again: without it no stored key can be read.");
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            throw new StartupException("the database has no schema 'keys' yet. Run this program once with the argument migrate.");
        }
        catch (NpgsqlException e)
        {
            throw new StartupException($"ConnectionStrings:geminibalance names a database that cannot be asked: {e.Message}");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The stored check value; the first start writes it.</summary>
    private async Task<EncryptedSecret> StoredAsync(CancellationToken cancellation)
    {
        var fresh = encryption.Encrypt(Record, Purpose, Expected);
        await using var command = database.CreateCommand(
            """
            update keys.pool set check_version = coalesce(check_version, $1), check_data = coalesce(check_data, $2)
            returning check_version, check_data
            """);
        command.Parameters.Add(new() { Value = fresh.KeyVersion });
        command.Parameters.Add(new() { Value = fresh.Data });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        return await rows.ReadAsync(cancellation)
            ? new EncryptedSecret(rows.GetInt32(0), rows.GetString(1))
            : throw new StartupException("the database has no schema 'keys' yet. Run this program once with the argument migrate.");
    }
}
