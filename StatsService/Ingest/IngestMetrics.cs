using System.Diagnostics.Metrics;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>Counters of the way from the bus to the store.</summary>
internal sealed class IngestMetrics
{
    public const string MeterName = "GeminiBalance.StatsService";

    private readonly Counter<long> stored;
    private readonly Counter<long> known;
    private readonly Counter<long> refused;
    private readonly Counter<long> waits;

    public IngestMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        stored = meter.CreateCounter<long>("gb.stats.facts.stored", "{fact}", "Request facts appended to the store.");
        known = meter.CreateCounter<long>("gb.stats.facts.known", "{fact}", "Request facts that arrived again and were left out.");
        refused = meter.CreateCounter<long>("gb.stats.facts.refused", "{fact}", "Request facts the store cannot hold; they are parked.");
        waits = meter.CreateCounter<long>("gb.stats.ingest.waits", "{wait}", "Times a batch had to wait for the store.");
    }

    public void Count(BatchOutcome outcome)
    {
        stored.Add(outcome.Stored);
        known.Add(outcome.Known);
        refused.Add(outcome.Refused.Count);
    }

    public void Waited() => waits.Add(1);
}
