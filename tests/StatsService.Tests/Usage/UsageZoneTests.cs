using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Usage;

public sealed class UsageZoneTests(ServersFixture servers)
{
    /// <summary>Zones whose offset is another one than it was in 2000, or moves by half an hour.</summary>
    [Theory]
    [InlineData("Asia/Colombo", "2026-03-04T06:00Z", "2026-03-05T06:00Z")]
    [InlineData("Pacific/Norfolk", "2026-06-04T06:00Z", "2026-06-05T06:00Z")]
    [InlineData("Australia/Lord_Howe", "2026-06-04T06:00Z", "2026-06-05T06:00Z")]
    [InlineData("Australia/Lord_Howe", "2026-04-04T06:00Z", "2026-04-05T06:00Z")]
    [InlineData("Asia/Kolkata", "2026-03-04T06:00Z", "2026-03-05T06:00Z")]
    public async Task Hours_OfAnyZone_AreThoseThatAreShown(string zone, string from, string to)
    {
        await using var service = await InProcess.StartAsync(servers);
        var range = TimeRange.Read(from, to, "1h", Facts.Noon.AddYears(1), zone).Range!;
        await service.StoreAsync(range.Starts().Select((start, n) => Facts.Fact(at: start.AddMinutes(2 * n))));
        await service.CatchUpAsync();

        var rows = await service.Get<UsageQuery>().ByGroupAsync(range, UsageTable.Totals, UsageGrouping.Model, new UsageScope(), default);
        var quarters = await service.Get<UsageQuery>().ByGroupAsync(range, UsageTable.ByKey, UsageGrouping.Model, new UsageScope(), default);

        Assert.Equal(range.Starts(), rows!.Select(row => row.At!.Value));
        Assert.All(rows!, row => Assert.Equal(1, row.Counts.Requests));
        Assert.Equal(range.Starts(), quarters!.Select(row => row.At!.Value));
    }
}
