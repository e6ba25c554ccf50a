using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.ServiceDefaults.Security;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.AccessKeys;

/// <summary>Takes over the client tokens of another gateway as they are, so that their clients keep working.</summary>
internal sealed class AccessKeyImport(IDocumentStore store, NpgsqlDataSource database, TimeProvider time)
{
    private const int Shown = 4;

    /// <summary>Imports every token of an export. Running it again adds nothing twice, and nothing that was rotated, revoked or removed since.</summary>
    public async Task<AccessKeyImportResult> ImportAsync(string text, string by, CancellationToken cancellation)
    {
        var tokens = ForeignTokens.Read(text);
        var rejected = tokens.Where(token => token.Refusal is not null).Select(token => token.Refusal!).ToList();
        var now = time.GetUtcNow();
        await using var session = store.LightweightSession();
        var hashes = await KnownAsync([.. tokens.Where(token => token.Token is not null).Select(token => AccessKeyFormat.Hash(token.Token!.Reveal()))], cancellation);
        var (added, known) = (0, 0);
        foreach (var token in tokens)
        {
            if (token.Token is not { } secret)
            {
                continue;
            }

            if (!hashes.Add(AccessKeyFormat.Hash(secret.Reveal())))
            {
                known++;
                continue;
            }

            var given = token.Terms ?? new AccessKeyTerms("");
            if (AccessKeyRules.Check(given with { Name = string.IsNullOrWhiteSpace(given.Name) ? $"imported {token.Item}" : given.Name, Tags = ["imported"] }, now, out var terms) is { } refusal)
            {
                rejected.Add($"item {token.Item}: {refusal.Detail}");
                continue;
            }

            var id = Guid.CreateVersion7(now);
            var events = AccessKeyDecider.Create(id, terms, secret.Reveal()[..Shown], AccessKeyFormat.Hash(secret.Reveal()), by, now);
            session.Events.StartStream(id, token.Enabled ? [.. events] : [.. events, new AccessKeyDisabled(id, by, now)]);
            added++;
        }

        await session.SaveChangesAsync(cancellation);
        return new AccessKeyImportResult(added, known, rejected);
    }

    /// <summary>
    /// Which of these hashes belong to an access key or ever did. The states know the present ones only; a token that leaked and was rotated away must not come back
    /// with the export it once came from.
    /// </summary>
    private async Task<HashSet<string>> KnownAsync(string[] hashes, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"select distinct data ->> 'hash' from keys.mt_events where {Tables.HoldsAccessKeyHash} and data ->> 'hash' = any($1)");
        command.Parameters.Add(new() { Value = hashes });
        var known = new HashSet<string>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            known.Add(rows.GetString(0));
        }

        return known;
    }
}
