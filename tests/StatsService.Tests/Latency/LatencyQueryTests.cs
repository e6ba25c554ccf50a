using GeminiBalance.StatsService.Latency;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Views;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Latency;

public sealed class LatencyQueryTests(ServersFixture servers)
{
    [Theory]
    [InlineData("2026-03-04T06:00Z", "2026-03-04T18:00Z", "1h", null)]
    [InlineData("2026-03-04T06:15Z", "2026-03-04T13:00Z", "15m", null)]
    [InlineData("2026-03-03T00:00Z", "2026-03-06T00:00Z", "1d", "Asia/Kolkata")]
    public async Task Report_OfAll_IsTheSumOfThoseOfItsModels(string from, string to, string bucket, string? zone)
    {
        await using var service = await InProcess.StartAsync(servers);
        var facts = Facts.Many(500, seed: 61, Facts.Noon);
        await service.StoreAsync(facts);
        await service.CatchUpAsync();
        var range = TimeRange.Read(from, to, bucket, Facts.Noon, zone).Range!;
        var query = new LatencyQuery(service.Source);

        var report = await query.ReadAsync(range, null, 0, default);
        var ofOne = await query.ReadAsync(range, "gemini-2.5-pro", 0, default);
        var ofNone = await query.ReadAsync(range, "gemini-unheard", 0, default);

        Assert.Equal(facts.Count(fact => fact.Outcome == GeminiBalance.Contracts.RequestOutcome.Succeeded), report.Figures.Total!.Count);
        Assert.Equal(report.Figures.Total.Count, report.Buckets.Sum(one => one.Figures.Total?.Count ?? 0));
        Assert.Equal(report.Figures.Total.Count, report.Models.Sum(one => one.Figures.Total!.Count));
        Assert.Equal(2, report.Models.Count);
        Assert.Equal(report.Models.Single(one => one.Model == "gemini-2.5-pro").Figures, ofOne.Figures);
        Assert.Equal(ofOne.Figures, Assert.Single(ofOne.Models).Figures);
        Assert.Equal(ofOne.Figures.FirstToken!.Count, ofOne.Buckets.Sum(one => one.Figures.FirstToken?.Count ?? 0));
        Assert.Empty(ofNone.Models);
        Assert.Null(ofNone.Figures.Total);
    }
}
