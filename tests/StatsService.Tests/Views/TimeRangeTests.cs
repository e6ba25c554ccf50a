using GeminiBalance.StatsService.Views;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Views;

public sealed class TimeRangeTests
{
    private static readonly DateTimeOffset Now = Facts.Noon.AddMinutes(7);

    [Fact]
    public void Read_Nothing_IsTheLastDayOfWholeBuckets()
    {
        var range = TimeRange.Read(null, null, null, Now).Range!;

        Assert.Equal((Facts.Noon.AddMinutes(15).AddDays(-1), Facts.Noon.AddMinutes(15), null), (range.From, range.To, range.Bucket));
        Assert.Equal(96, range.WithBuckets().Starts().Count());
    }

    [Theory]
    [InlineData("2026-03-04T10:07:00Z", "2026-03-04T11:01:00Z", null, "10:00", "11:15")]
    [InlineData("2026-03-04T10:07Z", "2026-03-04T11:00:00.000Z", null, "10:00", "11:00")]
    [InlineData("2026-03-04T12:07:00+02:00", "2026-03-04T13:01:00+02:00", null, "10:00", "11:15")]
    [InlineData("2026-03-04T10:07:00Z", "2026-03-04T11:01:00Z", "1h", "10:00", "12:00")]
    [InlineData("2026-03-04T10:07:00Z", "2026-03-04T11:01:00Z", "6h", "06:00", "12:00")]
    public void Read_UnevenTimes_WidensToWholeBuckets(string from, string to, string? bucket, string start, string end)
    {
        var range = TimeRange.Read(from, to, bucket, Now).Range!;

        Assert.Equal((start, end), (range.From.ToString("HH:mm"), range.To.ToString("HH:mm")));
    }

    [Theory]
    [InlineData("yesterday", null, null, "from")]
    [InlineData("2026-03-04", null, null, "from")]
    [InlineData("", null, null, "from")]
    [InlineData("2026-03-04T10:00:00 00:00", null, null, "from")]
    [InlineData(null, "2026-13-01T00:00:00Z", null, "to")]
    [InlineData("2026-03-04T11:00:00Z", "2026-03-04T10:00:00Z", null, "from")]
    [InlineData("2026-03-04T10:00:00Z", "2026-03-04T10:00:00Z", null, "from")]
    [InlineData("2024-01-01T00:00:00Z", "2026-03-04T10:00:00Z", null, "from")]
    [InlineData("0001-01-01T00:00:00Z", null, null, "from")]
    [InlineData(null, "0001-01-01T00:00:00Z", null, "to")]
    [InlineData(null, "9999-12-31T23:59:59Z", null, "to")]
    [InlineData(null, null, "5m", "bucket")]
    [InlineData(null, null, "", "bucket")]
    [InlineData("2026-01-01T00:00:00Z", "2026-03-04T00:00:00Z", "15m", "bucket")]
    public void Read_WhatMakesNoSense_NamesTheParameter(string? from, string? to, string? bucket, string parameter)
    {
        var (range, problem) = TimeRange.Read(from, to, bucket, Now);

        Assert.Null(range);
        Assert.Equal(400, problem!.StatusCode);
        Assert.StartsWith(parameter + " ", problem.ProblemDetails.Detail);
    }

    [Theory]
    [InlineData(1, 96)]
    [InlineData(7, 168)]
    [InlineData(30, 120)]
    [InlineData(400, 401)]
    public void WithBuckets_NoneAskedFor_ChoosesBySpan(int days, int buckets)
    {
        var range = new TimeRange(Facts.Noon.AddDays(-days), Facts.Noon, null).WithBuckets();

        Assert.Equal(buckets, range.Starts().Count());
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", "2026-03-27T23:00 2026-03-28T23:00 2026-03-29T22:00")]
    [InlineData("Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", "2026-10-23T22:00 2026-10-24T22:00 2026-10-25T23:00")]
    [InlineData("Asia/Kolkata", "2026-03-04T12:00:00Z", "2026-03-05T12:00:00Z", "2026-03-03T18:30 2026-03-04T18:30")]
    [InlineData("UTC", "2026-03-04T12:00:00Z", "2026-03-05T12:00:00Z", "2026-03-04T00:00 2026-03-05T00:00")]
    public void Starts_DaysOfAZone_FollowItsClock(string zone, string from, string to, string starts)
    {
        var range = TimeRange.Read(from, to, "1d", Now.AddYears(1), zone).Range!;

        Assert.Equal(starts, string.Join(' ', range.Starts().Select(start => start.ToString("yyyy-MM-ddTHH:mm"))));
    }

    /// <summary>The clock goes forward on 29 March and back on 25 October.</summary>
    [Theory]
    [InlineData("1d", "2026-03-29T12:00Z", "2026-03-28T23:00 2026-03-29T22:00")]
    [InlineData("1d", "2026-10-25T12:00Z", "2026-10-24T22:00 2026-10-25T23:00")]
    [InlineData("6h", "2026-03-29T21:00Z", "2026-03-28T23:00 2026-03-29T04:00 2026-03-29T10:00 2026-03-29T16:00 2026-03-29T22:00")]
    [InlineData("6h", "2026-10-25T22:30Z", "2026-10-24T22:00 2026-10-25T05:00 2026-10-25T11:00 2026-10-25T17:00 2026-10-25T23:00")]
    [InlineData("1d", "2026-03-04T12:00Z", "2026-03-03T23:00 2026-03-04T23:00")]
    public void Read_NothingOnADayThatIsLongerOrShorter_StartsOnABucket(string bucket, string now, string bounds)
    {
        var range = TimeRange.Read(null, null, bucket, DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture), "Europe/Berlin").Range!;

        Assert.Equal(bounds, string.Join(' ', range.Starts().Append(range.To).Select(start => start.ToString("yyyy-MM-ddTHH:mm"))));
    }

    /// <summary>Lord Howe's clock goes back by half an hour on 5 April at 15:00 UTC.</summary>
    [Theory]
    [InlineData(null, null, "2026-04-05T10:40Z")]
    [InlineData("2026-04-04T10:10Z", "2026-04-05T10:40Z", "2026-04-05T11:00Z")]
    [InlineData("2026-04-03T10:10Z", "2026-04-04T10:40Z", "2026-04-05T11:00Z")]
    public void Read_HoursOfAZoneThatMovesByHalfAnHour_AreWholeOnes(string? from, string? to, string now)
    {
        var moment = DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture);
        var range = TimeRange.Read(from, to, "1h", moment, "Australia/Lord_Howe").Range!;

        Assert.Equal(range.To, range.Starts().Last().AddHours(1));
        Assert.True(range.To >= (to is null ? moment : DateTimeOffset.Parse(to, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("2026-03-04T12:15Z", "2026-03-04T12:07Z", "2026-03-04T13:00Z")]
    [InlineData("2026-03-04T12:15Z", "2026-03-04T12:15Z", "2026-03-04T13:00Z")]
    [InlineData("2026-03-04T12:15Z", "2026-03-04T12:16Z", "2026-03-04T12:15Z")]
    public void End_ThatIsToCome_IsMovedToAnHour(string to, string now, string end)
    {
        var moment = DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture);
        var range = TimeRange.Read("2026-03-04T00:15Z", to, null, moment).Range!;

        Assert.Equal(DateTimeOffset.Parse(end, System.Globalization.CultureInfo.InvariantCulture), range.WithWholeHoursAtItsEnd(moment).To);
        Assert.Equal(range.From, range.WithWholeHoursAtItsEnd(moment).From);
        var inBuckets = TimeRange.Read("2026-03-04T00:15Z", to, "15m", moment).Range!;
        Assert.Equal(inBuckets, inBuckets.WithWholeHoursAtItsEnd(moment));
    }
}
