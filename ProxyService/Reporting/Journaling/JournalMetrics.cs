using System.Diagnostics.Metrics;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>What the journal counts.</summary>
internal sealed class JournalMetrics
{
    private readonly Meter meter;
    private readonly Counter<long> damaged;
    private readonly Counter<long> torn;
    private readonly Counter<long> recovered;
    private readonly Counter<long> republished;

    /// <summary>Creates the instruments.</summary>
    public JournalMetrics(IMeterFactory meters)
    {
        meter = meters.Create(ProxyMetrics.Source);
        damaged = meter.CreateCounter<long>("gemini_balance_journal_damaged_total", description: "Damaged places found in the journal.");
        torn = meter.CreateCounter<long>("gemini_balance_journal_torn_total", description: "Torn last records cut off at a start.");
        recovered = meter.CreateCounter<long>("gemini_balance_journal_recovered_total", description: "Requests counted as aborted because the gateway died over them.");
        republished = meter.CreateCounter<long>("gemini_balance_segments_republished_total", description: "Segments sent again because the store did not have them.");
    }

    /// <summary>Shows the state of the journal.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="store">Its segments.</param>
    /// <param name="oldest">Age in seconds of the oldest fact the bus has not confirmed.</param>
    /// <param name="mismatches">Segments the store has otherwise.</param>
    public void Watch(Journal journal, JournalStore store, Func<double> oldest, Func<int> mismatches)
    {
        meter.CreateObservableGauge("gemini_balance_unsent_facts", () => journal.Unsent, description: "Request facts the bus has not confirmed.");
        meter.CreateObservableGauge("gemini_balance_oldest_unsent_seconds", oldest, description: "Age of the oldest request fact the bus has not confirmed.");
        meter.CreateObservableGauge("gemini_balance_journal_degraded", () => journal.IsDegraded ? 1 : 0, description: "1 while the journal cannot be written and facts are in memory only.");
        meter.CreateObservableGauge("gemini_balance_journal_bytes", () => store.Bytes, "By", "Bytes of the journal on the disk.");
        meter.CreateObservableGauge("gb_accounting_mismatch", mismatches, description: "Segments of the journal that the store has otherwise than they were written; must be 0.");
    }

    /// <summary>A damaged place.</summary>
    public void Damaged() => damaged.Add(1);

    /// <summary>A torn last record.</summary>
    public void Torn() => torn.Add(1);

    /// <summary>Requests of a dead process were closed.</summary>
    public void Recovered(int count) => recovered.Add(count);

    /// <summary>A segment is sent again.</summary>
    public void Republished() => republished.Add(1);
}
