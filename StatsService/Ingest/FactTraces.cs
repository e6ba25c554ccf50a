using System.Diagnostics;
using GeminiBalance.Contracts;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>
/// Spans that end each sampled request's own trace at the append of its fact. One append serves many requests, so it runs under none of their traces
/// alone; these spans last as long as it does.
/// </summary>
internal sealed class FactTraces : IDisposable
{
    public const string SourceName = "GeminiBalance.StatsService";

    private static readonly ActivitySource Source = new(SourceName);

    private readonly List<Activity> spans = [];

    private FactTraces()
    {
    }

    public static FactTraces Start(RequestsCompleted batch)
    {
        var traces = new FactTraces();
        if (!Source.HasListeners())
        {
            return traces;
        }

        var around = Activity.Current;
        foreach (var fact in batch.Facts)
        {
            if (ActivityContext.TryParse(fact.TraceParent, null, isRemote: true, out var request) && request.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
                && Source.StartActivity("append request fact", ActivityKind.Consumer, request) is { } span)
            {
                span.SetTag("gb.request.id", fact.Id);
                span.SetTag("gb.batch.id", batch.BatchId);
                traces.spans.Add(span);
                Activity.Current = around;
            }
        }

        return traces;
    }

    public void Failed(Exception e)
    {
        foreach (var span in spans)
        {
            span.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
        }
    }

    public void Dispose()
    {
        var around = Activity.Current;
        foreach (var span in spans)
        {
            span.Dispose();
        }

        Activity.Current = around;
    }
}
