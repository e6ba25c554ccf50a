using System.Diagnostics;
using System.Diagnostics.Metrics;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>What the gateway counts. Labels come from closed sets: a model name counts only once the upstream has answered under it.</summary>
internal sealed class ProxyMetrics
{
    /// <summary>Name of the meter and of the trace source.</summary>
    public const string Source = "GeminiBalance.ProxyService";

    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

    // Boxed once, not with every request.
    private static readonly object Yes = true;
    private static readonly object No = false;

    private readonly RequestTally tally = new();
    private readonly Counter<long> unauthenticated;
    private readonly Counter<long> refused;
    private readonly Histogram<double> duration;
    private readonly Histogram<double> upstream;
    private readonly Histogram<double> firstToken;
    private long inFlight;

    /// <summary>Creates the instruments.</summary>
    public ProxyMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Source);
        meter.CreateObservableCounter("gemini_balance_requests_total", tally.Requests, description: "Finished requests.");
        meter.CreateObservableCounter("gemini_balance_tokens_total", tally.Tokens, description: "Tokens the upstream reported.");
        meter.CreateObservableUpDownCounter("gemini_balance_requests_in_flight", () => Interlocked.Read(ref inFlight), description: "Requests being answered.");
        unauthenticated = meter.CreateCounter<long>("gemini_balance_unauthenticated_total", description: "Requests without a valid access key.");
        refused = meter.CreateCounter<long>("gemini_balance_journal_refused_total", description: "Requests refused because nothing more could be written down.");
        var buckets = new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds };
        duration = meter.CreateHistogram("gemini_balance_request_duration_seconds", description: "Seconds from the request's head to the last byte.", advice: buckets);
        upstream = meter.CreateHistogram("gemini_balance_upstream_duration_seconds", description: "Seconds an upstream call took, by how it ended.", advice: buckets);
        firstToken = meter.CreateHistogram("gemini_balance_first_token_seconds", description: "Seconds from the request's head to the first content of a stream.", advice: buckets);
    }

    /// <summary>The trace source.</summary>
    public static ActivitySource Activities { get; } = new(Source);

    /// <summary>A request without a valid access key.</summary>
    public void Unauthenticated() => unauthenticated.Add(1);

    /// <summary>A request was refused, because nothing more can be written down.</summary>
    public void CannotRecord() => refused.Add(1);

    /// <summary>A request begins.</summary>
    public void Began() => Interlocked.Increment(ref inFlight);

    /// <summary>A request is over.</summary>
    public void Ended() => Interlocked.Decrement(ref inFlight);

    /// <summary>An upstream call ended.</summary>
    /// <param name="outcome">How.</param>
    /// <param name="milliseconds">How long it took.</param>
    public void Attempted(UpstreamOutcomeClass outcome, double milliseconds) =>
        upstream.Record(milliseconds / 1000, new KeyValuePair<string, object?>("outcome", outcome.ToString()));

    /// <summary>The first content of a stream.</summary>
    public void FirstToken(double milliseconds) => firstToken.Record(milliseconds / 1000);

    /// <summary>A request is finished.</summary>
    public void Completed(RequestRecord record, RequestOutcome outcome, double milliseconds)
    {
        var model = tally.Of(record.Model, outcome == RequestOutcome.Succeeded);
        model.Add(outcome, record.Streamed, record.Tokens);
        duration.Record(milliseconds / 1000, new("model", model.Name), new("outcome", outcome.ToString()), new("stream", record.Streamed ? Yes : No));
    }
}
