using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Costs;
using GeminiBalance.StatsService.Overviews;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Overviews;

public sealed class OverviewTotalsTests(ServersFixture servers)
{
    private static readonly DateTimeOffset Midnight = Facts.Noon.AddHours(12);

    public static TheoryData<string, string, string?, string?> Ranges => new()
    {
        { "2026-03-01T00:00Z", "2026-03-05T00:00Z", null, null },
        { "2026-03-01T07:15Z", "2026-03-04T13:45Z", null, null },
        { "2026-03-02T23:45Z", "2026-03-03T00:15Z", null, "Europe/Berlin" },
        { "2026-03-01T00:00Z", "2026-03-05T00:00Z", "1d", null },
        { "2026-03-01T00:00Z", "2026-03-05T00:00Z", "6h", "Asia/Kolkata" },
        { "2026-03-01T00:00Z", "2026-03-05T00:00Z", "1d", "America/New_York" },
        { "2026-03-03T00:00Z", "2026-03-04T00:00Z", "1h", null },
        { "2026-03-03T00:00Z", "2026-03-04T00:00Z", "15m", "Asia/Kolkata" },
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public async Task Totals_OfAnyRange_AreTheSumsOfItsQuarters(string from, string to, string? bucket, string? zone)
    {
        await using var service = await InProcess.StartAsync(servers);
        await service.StoreAsync(Enumerable.Range(0, 4).SelectMany(day => Facts.Many(300, seed: 50 + day, Midnight.AddDays(-day)).Select((fact, n) => Earlier(fact, TimeSpan.FromMinutes(4.1 * n)) with { Outcome = n % 5 == 0 ? (RequestOutcome)(n / 5 % 7) : fact.Outcome })));
        await service.CatchUpAsync();
        await service.Get<PriceBook>().SetAsync(
            "gemini-2.5-pro",
            [new PricePeriod(null, new DateTimeOffset(2026, 3, 3, 10, 30, 0, TimeSpan.Zero), new PriceRates(1, 2)), new PricePeriod(new DateTimeOffset(2026, 3, 3, 10, 30, 0, TimeSpan.Zero), null, new PriceRates(10, 20))],
            "test",
            default);
        var range = TimeRange.Read(from, to, bucket, Midnight, zone).Range!;
        var query = service.Get<UsageQuery>();

        var quarters = await query.ByGroupAsync(range, UsageTable.ByKey, UsageGrouping.Model, new UsageScope(), default);
        var totals = await query.ByGroupAsync(range, UsageTable.Totals, UsageGrouping.Model, new UsageScope(), default);
        var overview = await OverviewQuery.ReadAsync(service.Source, await service.Get<PriceBook>().TableAsync(default), range.WithBuckets(), default);

        Assert.NotEmpty(quarters!);
        Assert.Equal(quarters!.Select(WithRoundedCost), totals!.Select(WithRoundedCost));
        foreach (var (cube, wideRows, grouping, scope) in ((UsageTable, UsageTable, UsageGrouping, UsageScope)[])
        [
            (UsageTable.ByKey, UsageTable.KeyTotals, UsageGrouping.Key, new UsageScope()),
            (UsageTable.ByKey, UsageTable.KeyTotals, UsageGrouping.Model, new UsageScope(KeyId: Facts.KeyA)),
            (UsageTable.ByAccessKey, UsageTable.AccessKeyTotals, UsageGrouping.AccessKey, new UsageScope(Model: "gemini-2.5-pro")),
            (UsageTable.ByAccessKey, UsageTable.AccessKeyTotals, UsageGrouping.Model, new UsageScope(AccessKeyId: Facts.Bob)),
        ])
        {
            var (narrow, sums) = (await query.ByGroupAsync(range, cube, grouping, scope, default), await query.ByGroupAsync(range, wideRows, grouping, scope, default));
            Assert.True(scope != new UsageScope() || sums!.Count > 0);
            Assert.Equal(narrow!.Select(WithRoundedCost), sums!.Select(WithRoundedCost));
        }

        var wide = range.WithBuckets();
        var all = await query.ByGroupAsync(wide with { Bucket = null }, UsageTable.ByKey, UsageGrouping.Outcome, new UsageScope(), default);
        Assert.Equal(all!.Sum(row => row.Counts.Requests), overview.Counts.Values.Sum(counts => counts.Requests));
        Assert.Equal(
            await service.ScalarAsync<decimal>($"select sum(count) from stats.latency_per_model where bucket_at >= '{wide.From:O}' and bucket_at < '{wide.To:O}'"),
            overview.Latencies.Values.SelectMany(slots => slots.Values).Sum());
        Assert.Equal(
            await service.ScalarAsync<long>($"select count(distinct access_key_id) from stats.usage_per_access_key where bucket_at >= '{wide.From:O}' and bucket_at < '{wide.To:O}'"),
            overview.ActiveAccessKeys);
    }

    [Theory]
    [InlineData("2026-03-01T00:00Z", "2026-03-05T00:00Z", null, null, 4, 0)]
    [InlineData("2026-03-01T07:00Z", "2026-03-04T13:00Z", null, null, 12, 0)]
    [InlineData("2026-03-01T07:15Z", "2026-03-04T13:00Z", null, null, 11, 3)]
    [InlineData("2026-03-01T00:00Z", "2026-03-02T00:00Z", "15m", null, 0, 96)]
    [InlineData("2026-03-02T00:00Z", "2026-03-03T00:00Z", "1d", "Asia/Kolkata", 16, 8)]
    public void KeyTotals_LeaveQuartersToTheCube(string from, string to, string? bucket, string? zone, int wide, int quarters)
    {
        var range = TimeRange.Read(from, to, bucket, Midnight, zone).Range!;

        var parts = UsageTable.KeyTotals.For(range, range.Cuts()).ToDictionary(part => part.Table.Name, part => part.Rows!.Count);

        Assert.Equal((wide, quarters), (parts.GetValueOrDefault(KeyTotals.KeyTableName), parts.GetValueOrDefault(UsageByKey.TableName)));
    }

    private static RequestFact Earlier(RequestFact fact, TimeSpan by) => fact with { Id = Guid.CreateVersion7(fact.StartedAt - by), StartedAt = fact.StartedAt - by };

    private static UsageRow WithRoundedCost(UsageRow row) => row with { Counts = row.Counts with { CostUsd = row.Counts.CostUsd is { } cost ? Math.Round(cost, 9) : null } };
}
