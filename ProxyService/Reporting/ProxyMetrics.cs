using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>What the gateway counts. Labels come from closed sets: a model name counts only once the upstream has answered under it.</summary>
internal sealed class ProxyMetrics
{
    /// <summary>Name of the meter and of the trace source.</summary>
    public const string Source = "GeminiBalance.ProxyService";

    private const int MostModels = 200;
    private const string OtherModel = "other";

    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

    private readonly ConcurrentDictionary<string, string> models = new(StringComparer.Ordinal);
    private readonly Counter<long> requests;
    private readonly Counter<long> unauthenticated;
    private readonly Counter<long> refused;
    private readonly Counter<long> attempts;
    private readonly Counter<long> tokens;
    private readonly UpDownCounter<long> inFlight;
    private readonly Histogram<double> duration;
    private readonly Histogram<double> firstToken;

    /// <summary>Creates the instruments.</summary>
    public ProxyMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Source);
        requests = meter.CreateCounter<long>("gemini_balance_requests_total", description: "Finished requests.");
        unauthenticated = meter.CreateCounter<long>("gemini_balance_unauthenticated_total", description: "Requests without a valid access key.");
        refused = meter.CreateCounter<long>("gemini_balance_journal_refused_total", description: "Requests refused because nothing more could be written down.");
        attempts = meter.CreateCounter<long>("gemini_balance_upstream_attempts_total", description: "Upstream calls by how they ended.");
        tokens = meter.CreateCounter<long>("gemini_balance_tokens_total", description: "Tokens the upstream reported.");
        inFlight = meter.CreateUpDownCounter<long>("gemini_balance_requests_in_flight", description: "Requests being answered.");
        var buckets = new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds };
        duration = meter.CreateHistogram("gemini_balance_request_duration_seconds", description: "Seconds from the request's head to the last byte.", advice: buckets);
        firstToken = meter.CreateHistogram("gemini_balance_first_token_seconds", description: "Seconds from the request's head to the first content of a stream.", advice: buckets);
    }

    /// <summary>The trace source.</summary>
    public static ActivitySource Activities { get; } = new(Source);

    /// <summary>A request without a valid access key.</summary>
    public void Unauthenticated() => unauthenticated.Add(1);

    /// <summary>A request was refused, because nothing more can be written down.</summary>
    public void CannotRecord() => refused.Add(1);

    /// <summary>A request begins.</summary>
    public void Began() => inFlight.Add(1);

    /// <summary>A request is over.</summary>
    public void Ended() => inFlight.Add(-1);

    /// <summary>An upstream call ended.</summary>
    public void Attempted(UpstreamOutcomeClass outcome) => attempts.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString()));

    /// <summary>The first content of a stream.</summary>
    public void FirstToken(double milliseconds) => firstToken.Record(milliseconds / 1000);

    /// <summary>A request is finished.</summary>
    public void Completed(RequestRecord record, RequestOutcome outcome, double milliseconds)
    {
        var model = ModelLabel(record.Model, outcome == RequestOutcome.Succeeded);
        var tags = new TagList { { "model", model }, { "outcome", outcome.ToString() }, { "stream", record.Streamed } };
        requests.Add(1, tags);
        duration.Record(milliseconds / 1000, tags);
        if (record.Tokens is { } used)
        {
            tokens.Add(used.Prompt + used.ToolUsePrompt, new("model", model), new("kind", "prompt"));
            tokens.Add(used.Completion, new("model", model), new("kind", "completion"));
            tokens.Add(used.Thoughts, new("model", model), new("kind", "thoughts"));
        }
    }

    private string ModelLabel(string? model, bool answered)
    {
        if (model is null)
        {
            return OtherModel;
        }

        if (models.TryGetValue(model, out var known))
        {
            return known;
        }

        return answered && models.Count < MostModels ? models.GetOrAdd(model, model) : OtherModel;
    }
}
