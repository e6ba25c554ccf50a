using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using JasperFx.Events;
using Marten;

namespace GeminiBalance.StatsService.Audit;

/// <summary>Keeps what the control plane and the operators did: as events, and with them as rows of the audit log.</summary>
internal sealed class AuditStore(EventAppender appender)
{
    /// <summary>Keeps changes, each once.</summary>
    /// <param name="batchId">Their stream: every batch has its own.</param>
    /// <param name="area">What they are about.</param>
    /// <param name="changes">The changes.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <param name="along">The change itself, where this service makes it: done and noted in one transaction.</param>
    /// <returns>Changes the store cannot hold.</returns>
    public async Task<IReadOnlyDictionary<Guid, string>> StoreAsync(
        Guid batchId, AuditArea area, IReadOnlyList<DomainChange> changes, CancellationToken cancellation, Action<IDocumentOperations>? along = null)
    {
        var events = changes.DistinctBy(change => change.Id).Select(change => new Event<AuditEntry>(new AuditEntry(area, change)) { Id = change.Id }).ToArray();
        return (await appender.AppendAsync<AuditEntry>(batchId, events, Add, cancellation).ConfigureAwait(false)).Refused;

        void Add(IDocumentOperations operations, IReadOnlyList<AuditEntry> entries)
        {
            AddRows(operations, entries);
            along?.Invoke(operations);
        }
    }

    private static void AddRows(IDocumentOperations operations, IReadOnlyList<AuditEntry> entries)
    {
        var rows = entries.ToArray();
        operations.QueueSqlCommand(
            AuditLog.Insert,
            Array.ConvertAll(rows, row => row.Change.Id),
            Array.ConvertAll(rows, row => row.Change.At.ToUniversalTime()),
            Array.ConvertAll(rows, row => row.Area.ToString()),
            Array.ConvertAll(rows, row => row.Change.Kind),
            Array.ConvertAll(rows, row => row.Change.SubjectId ?? Guid.Empty),
            Array.ConvertAll(rows, row => row.Change.Subject),
            Array.ConvertAll(rows, row => row.Change.Actor),
            Array.ConvertAll(rows, row => JsonSerializer.Serialize(row, ContractsJson.Default.AuditEntry)));
    }
}
