using Npgsql;

namespace GeminiBalance.KeyHealthService.Store;

/// <summary>Remembers which messages were applied, in the transaction that applied them.</summary>
internal static class Inbox
{
    /// <summary>Longer than any message can wait in a queue and come again.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromDays(7);

    /// <summary>A report older than the longest window changes no count that matters.</summary>
    private static readonly TimeSpan MemoryOfReports = TimeSpan.FromDays(1);

    /// <summary>The table of failures.</summary>
    public const string Failures = "keys.inbox";

    /// <summary>The table of usage reports, of which there are many: one per proxy and second.</summary>
    public const string Reports = "keys.usage_inbox";

    /// <summary>False when the message was applied before.</summary>
    public static async Task<bool> EnterAsync(NpgsqlTransaction transaction, Guid messageId, DateTimeOffset now, CancellationToken cancellation, string table = Failures)
    {
        await using var command = new NpgsqlCommand(
            $"insert into {table} (message_id, at) values ($1, $2) on conflict do nothing", transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = messageId });
        command.Parameters.Add(new() { Value = now });
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    /// <summary>Forgets messages older than <see cref="Memory"/>.</summary>
    public static async Task PruneAsync(NpgsqlDataSource database, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("with reports as (delete from keys.usage_inbox where at < $2) delete from keys.inbox where at < $1");
        command.Parameters.Add(new() { Value = now - Memory });
        command.Parameters.Add(new() { Value = now - MemoryOfReports });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
