using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Reporting;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Reporting;

public sealed class RequestRecordTests
{
    private readonly RecordingLedger ledger = new();

    [Fact]
    public async Task Start_IsWrittenBeforeTheFirstCallOnly()
    {
        var record = Record();
        var first = Guid.CreateVersion7();

        var started = await record.BeginAttemptAsync(first, 400, 1000);
        record.Attempted(first, UpstreamOutcomeClass.Overloaded, 503, started);
        await record.BeginAttemptAsync(Guid.CreateVersion7(), 400, 1000);

        var start = Assert.Single(ledger.Starts);
        Assert.Equal((record.Id, first, 400, 1000), (start.Id, start.KeyId, start.PromptBytes, start.MostAnswerTokens));
    }

    [Fact]
    public async Task Aborted_WithoutReportedUsage_IsEstimatedAndMarked()
    {
        var record = Record();
        await record.BeginAttemptAsync(Guid.CreateVersion7(), 400, 1000);
        record.ContentArrived(81);

        await record.CompleteAsync(RequestOutcome.Aborted, 499);

        Assert.Equal((true, new TokenUsage(100, 21, 0, 0, 0, 121)), (Fact.Estimated, Fact.Tokens));
    }

    [Fact]
    public async Task Aborted_WithReportedUsage_KeepsIt()
    {
        var record = Record();
        await record.BeginAttemptAsync(Guid.CreateVersion7(), 400, 1000);
        record.ContentArrived(81);
        record.Used(new TokenUsage(7, 5, 0, 0, 0, 12));

        await record.CompleteAsync(RequestOutcome.Aborted, 499);

        Assert.Equal((false, 12L), (Fact.Estimated, Fact.Tokens!.Total));
    }

    [Theory]
    [InlineData(UpstreamOutcomeClass.Overloaded, false)]
    [InlineData(UpstreamOutcomeClass.QuotaPerDay, false)]
    [InlineData(UpstreamOutcomeClass.Cancelled, true)]
    public async Task Failed_WithoutAnyAnswer_IsEstimatedOnlyWhenWeHungUp(UpstreamOutcomeClass last, bool estimated)
    {
        var record = Record();
        var started = await record.BeginAttemptAsync(Guid.CreateVersion7(), 400, 1000);
        record.Attempted(Guid.CreateVersion7(), last, null, started);

        await record.CompleteAsync(RequestOutcome.UpstreamError, 502);

        Assert.Equal((estimated, estimated), (Fact.Estimated, Fact.Tokens is not null));
    }

    [Fact]
    public async Task Refused_BeforeAnyCall_HasNoTokensAndNoStart()
    {
        await Record().CompleteAsync(RequestOutcome.Aborted, 499);

        Assert.Equal((false, null), (Fact.Estimated, Fact.Tokens));
        Assert.Empty(ledger.Starts);
    }

    [Fact]
    public async Task Overhead_IsWhatIsLeftWithoutTheUpstream()
    {
        var time = new Journaling.ManualTime();
        var record = Record(time);
        time.Advance(TimeSpan.FromSeconds(3));
        var started = await record.BeginAttemptAsync(Guid.CreateVersion7(), 400, 1000);
        time.Advance(TimeSpan.FromSeconds(20));
        record.HeadArrived();
        time.Advance(TimeSpan.FromSeconds(80));
        record.Attempted(Guid.CreateVersion7(), UpstreamOutcomeClass.Succeeded, 200, started);

        await record.CompleteAsync(RequestOutcome.Succeeded, 200);

        Assert.InRange(Fact.OverheadMs!.Value, 3000, 13_000);
        Assert.InRange(Fact.Attempts[0].FirstByteMs!.Value, 20_000, 30_000);
    }

    private RequestFact Fact => Assert.Single(ledger.Facts);

    private RequestRecord Record(TimeProvider? time = null) =>
        new(RequestOperation.ChatCompletion, ledger, new ProxyMetrics(new Journaling.Meters()), time ?? TimeProvider.System);
}
