using System.Diagnostics;
using GeminiBalance.StatsService.Ingest;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Ingest;

public sealed class FactTracesTests
{
    private const string Sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string Unsampled = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    [Fact]
    public void Start_SampledFacts_ContinueEachTraceAndLeaveTheCurrentSpanAlone()
    {
        var ended = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == FactTraces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (ended)
                {
                    ended.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var around = new Activity("around").Start();
        var fact = Facts.Fact() with { TraceParent = Sampled };

        using (FactTraces.Start(Facts.Batch(fact, Facts.Fact() with { TraceParent = Unsampled }, Facts.Fact(), Facts.Fact() with { TraceParent = "nonsense" })))
        {
            Assert.Same(around, Activity.Current);
        }

        Assert.Same(around, Activity.Current);
        var span = Assert.Single(ended, span => Equals(span.GetTagItem("gb.request.id"), fact.Id));
        Assert.Equal(("append request fact", "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"), (span.OperationName, span.TraceId.ToHexString(), span.ParentSpanId.ToHexString()));
        Assert.DoesNotContain(ended, other => other.TraceId.ToHexString().StartsWith('1'));
    }
}
