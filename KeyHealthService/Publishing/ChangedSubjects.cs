using Npgsql;

namespace GeminiBalance.KeyHealthService.Publishing;

/// <summary>What changed since the last publication.</summary>
/// <param name="Keys">Keys added, moved to another project or removed, and those of a project that was described anew.</param>
/// <param name="States">Keys whose own state changed.</param>
/// <param name="Quotas">Quotas that changed.</param>
/// <param name="AccessKeys">Access keys that changed or went.</param>
internal sealed record ChangedSubjects(IReadOnlySet<Guid> Keys, IReadOnlySet<Guid> States, IReadOnlySet<Guid> Quotas, IReadOnlySet<Guid> AccessKeys)
{
    public int Count => Keys.Count + States.Count + Quotas.Count + AccessKeys.Count;

    public bool IsEmpty => Count == 0;

    /// <summary>Takes what is noted so far. What commits later stays for the next round.</summary>
    public static async Task<ChangedSubjects> TakeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var noted = new Dictionary<string, HashSet<Guid>>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(
            """
            with taken as (delete from keys.pool_outbox returning kind, subject)
            select kind, subject from taken where kind <> 'project'
            union
            select 'key', k.id from taken t join keys.mt_doc_project p on p.id = t.subject join keys.mt_doc_key k on k.pool = 'project:' || (p.data ->> 'name') where t.kind = 'project'
            """, connection);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            var kind = rows.GetString(0);
            if (!noted.TryGetValue(kind, out var subjects))
            {
                noted[kind] = subjects = [];
            }

            subjects.Add(rows.GetGuid(1));
        }

        return new ChangedSubjects(Of(PoolOutbox.KeyKind), Of(PoolOutbox.StateKind), Of(PoolOutbox.QuotaKind), Of(PoolOutbox.AccessKeyKind));

        HashSet<Guid> Of(string kind) => noted.GetValueOrDefault(kind) ?? [];
    }
}
