using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Probing;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Vault;
using GeminiBalance.ServiceDefaults.Security;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Importing;

/// <summary>Adds keys to the pool: secret, events and state of a batch in one transaction each.</summary>
internal sealed class KeyImport(SecretVault vault, IDocumentStore store, NpgsqlDataSource database, PoolPump pump, ProbeSignal probes, TimeProvider time)
{
    private const int BatchSize = 1000;

    private sealed record Candidate(int Index, ImportItem Item, Guid KeyId, Secret Secret, string Fingerprint);

    /// <summary>Imports a text. Returns when the keys are stored and published.</summary>
    public async Task<ImportResult> RunAsync(string text, string by, CancellationToken cancellation)
    {
        var items = ImportFormats.Read(text).Items.ToArray();
        var lines = new ImportLine[items.Length];
        var seen = new Dictionary<string, Guid>(StringComparer.Ordinal);
        var twice = new List<(int Index, string Fingerprint)>();
        var candidates = new List<Candidate>();
        for (var i = 0; i < items.Length; i++)
        {
            if (items[i].Key is not { } secret)
            {
                lines[i] = new ImportLine(items[i].Line, ImportOutcome.NotAKey, null, null, items[i].Refusal);
                continue;
            }

            var candidate = new Candidate(i, items[i], Guid.CreateVersion7(time.GetUtcNow()), secret, vault.Fingerprint(secret));
            if (seen.TryAdd(candidate.Fingerprint, candidate.KeyId))
            {
                candidates.Add(candidate);
            }
            else
            {
                twice.Add((i, candidate.Fingerprint));
            }
        }

        foreach (var batch in candidates.Chunk(BatchSize))
        {
            foreach (var (candidate, added, keyId) in await AddAsync(batch, by, cancellation))
            {
                lines[candidate.Index] = new ImportLine(
                    candidate.Item.Line, added ? ImportOutcome.Added : ImportOutcome.AlreadyInPool, candidate.Secret.Mask, keyId, null);
                seen[candidate.Fingerprint] = keyId;
            }
        }

        foreach (var (index, fingerprint) in twice)
        {
            lines[index] = new ImportLine(items[index].Line, ImportOutcome.DuplicateInFile, items[index].Key!.Mask, seen[fingerprint], null);
        }

        probes.Set();
        var position = await pump.PublishedAsync(cancellation);
        var addedCount = lines.Count(line => line.Outcome == ImportOutcome.Added);
        var rejected = lines.Count(line => line.Outcome == ImportOutcome.NotAKey);
        return new ImportResult(lines, addedCount, lines.Length - addedCount - rejected, rejected, position.Epoch, position.Sequence);
    }

    private async Task<IReadOnlyList<(Candidate Candidate, bool Added, Guid KeyId)>> AddAsync(Candidate[] batch, string by, CancellationToken cancellation)
    {
        HashSet<Guid> stored;
        await using (var connection = await database.OpenConnectionAsync(cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(cancellation))
        {
            stored = await vault.AddAsync(transaction, [.. batch.Select(c => new SecretVault.Entry(c.KeyId, c.Secret, c.Fingerprint))], cancellation);
            await using var session = store.LightweightSession(Marten.Services.SessionOptions.ForTransaction(transaction));
            var now = time.GetUtcNow();
            foreach (var c in batch.Where(c => stored.Contains(c.KeyId)))
            {
                session.Events.StartStream(c.KeyId, new KeyAdded(c.KeyId, c.Secret.Mask, c.Fingerprint, c.Item.Label, c.Item.Project, by, now, c.Item.Tier, c.Item.Tags));
            }

            await session.SaveChangesAsync(cancellation);
            await transaction.CommitAsync(cancellation);
        }

        var known = stored.Count == batch.Length
            ? []
            : await vault.FindAsync([.. batch.Where(c => !stored.Contains(c.KeyId)).Select(c => c.Fingerprint)], cancellation);
        return [.. batch.Select(c => stored.Contains(c.KeyId) ? (c, true, c.KeyId) : (c, false, known.GetValueOrDefault(c.Fingerprint)))];
    }
}
