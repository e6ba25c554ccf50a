using System.Collections.Concurrent;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>Entries that are used again: a record costs no allocation once the gateway is warm.</summary>
internal sealed class JournalEntryPool : IDisposable
{
    private const int Most = 512;

    private readonly ConcurrentQueue<JournalEntry> spare = [];

    /// <summary>Creates an empty pool.</summary>
    public JournalEntryPool() => GiveBack = Take;

    /// <summary>Takes an entry back that nobody uses any more.</summary>
    public Action<JournalEntry> GiveBack { get; }

    /// <summary>An entry for the caller alone.</summary>
    public JournalEntry Rent() => spare.TryDequeue(out var entry) ? entry : new JournalEntry();

    /// <inheritdoc />
    public void Dispose()
    {
        while (spare.TryDequeue(out var entry))
        {
            entry.Dispose();
        }
    }

    private void Take(JournalEntry entry)
    {
        if (spare.Count < Most)
        {
            spare.Enqueue(entry);
        }
        else
        {
            entry.Dispose();
        }
    }
}
