using Npgsql;

namespace GeminiBalance.KeyHealthService.Store;

/// <summary>Remembers which messages were applied, in the transaction that applied them.</summary>
internal static class Inbox
{
    /// <summary>Longer than any message can wait in a queue and come again.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromDays(7);

    /// <summary>False when the message was applied before.</summary>
    public static async Task<bool> EnterAsync(NpgsqlTransaction transaction, Guid messageId, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "insert into keys.inbox (message_id, at) values ($1, $2) on conflict do nothing", transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = messageId });
        command.Parameters.Add(new() { Value = now });
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    /// <summary>Forgets messages older than <see cref="Memory"/>.</summary>
    public static async Task PruneAsync(NpgsqlDataSource database, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("delete from keys.inbox where at < $1");
        command.Parameters.Add(new() { Value = now - Memory });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
