using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Latency;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Latency;

public sealed class LatencyByModelTests
{
    [Fact]
    public void Fold_AnsweredRequests_CountsBothKinds()
    {
        var cells = LatencyByModel.Fold([Facts.Fact(), Facts.Fact(), Facts.Fact(model: "other")]);

        Assert.Equal(2, cells[Cell(LatencyKind.Total, 100)]);
        Assert.Equal(2, cells[Cell(LatencyKind.FirstToken, 40)]);
        Assert.Equal(1, cells[Cell(LatencyKind.Total, 100) with { Model = "other" }]);
    }

    [Fact]
    public void Fold_FailedAndUnservedRequests_DoNotCountAsWholeAnswers()
    {
        var cells = LatencyByModel.Fold([Facts.Fact(RequestOutcome.UpstreamError), Facts.Fact(RequestOutcome.Aborted), Facts.Fact() with { KeyId = null, FirstTokenMs = null }]);

        Assert.Equal([new(Cell(LatencyKind.FirstToken, 40), 2)], cells);
    }

    [Fact]
    public void Fold_StreamsAndOwnTime_CountsTheirRateAndOverhead()
    {
        var stream = Facts.Fact() with { OverheadMs = 2.5, DurationMs = 540, Tokens = new TokenUsage(1, 50, 0, 0, 0, 51) };

        var cells = LatencyByModel.Fold([stream, stream with { Streamed = false, OverheadMs = null }, stream with { Estimated = true, OverheadMs = null }, stream with { DurationMs = 40, OverheadMs = null }]);

        Assert.Equal(1, cells[Cell(LatencyKind.Overhead, 2.5)]);
        Assert.Equal((Cell(LatencyKind.TokensPerSecond, 100), 1), cells.Where(cell => cell.Key.Kind == LatencyKind.TokensPerSecond).Select(cell => (cell.Key, cell.Value)).Single());
    }

    private static LatencyCell Cell(LatencyKind kind, double milliseconds) => new(Facts.Noon, "gemini-2.5-flash", kind, LatencyHistogram.SlotOf(milliseconds));
}
