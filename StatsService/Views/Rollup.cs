using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.StatsService.Views;

/// <summary>The time of a row.</summary>
/// <param name="Width">How long it is.</param>
/// <param name="At">Its start; a multiple of its width.</param>
internal readonly record struct RollupRow(TimeSpan Width, DateTimeOffset At);

/// <summary>
/// Tables that hold the same sums by the quarter of an hour, the hour, six hours and the day (UTC), told apart by a column. A query takes the widest rows that
/// fit between its cuts, and so reads a few rows for a month as it does for an hour.
/// </summary>
internal static class Rollup
{
    /// <summary>The column of a row's width, in minutes.</summary>
    public const string WidthColumn = "width_minutes";

    /// <summary>The widths, each a multiple of the one before.</summary>
    public static readonly IReadOnlyList<TimeSpan> Widths = [TimeBuckets.Width, TimeSpan.FromHours(1), TimeSpan.FromHours(6), TimeSpan.FromDays(1)];

    /// <summary>The widest of them. What is frozen or made anew is cut here, so that no row belongs to both sides.</summary>
    public static TimeSpan Widest => Widths[^1];

    /// <summary>A row's width as its column says it.</summary>
    public static int MinutesOf(TimeSpan width) => (int)width.TotalMinutes;

    /// <summary>The widest rows that make up a range and that no cut goes through, in the order of time.</summary>
    /// <param name="from">Start, on a quarter of an hour.</param>
    /// <param name="to">End, on a quarter of an hour.</param>
    /// <param name="cuts">Times that sums must be told apart at. One inside a quarter of an hour comes after it.</param>
    public static IEnumerable<RollupRow> Rows(DateTimeOffset from, DateTimeOffset to, IEnumerable<DateTimeOffset> cuts)
    {
        var at = from;
        foreach (var end in cuts.Select(cut => TimeBuckets.Ceiling(cut, Widths[0])).Where(cut => cut > from && cut < to).Append(to).Order())
        {
            while (at < end)
            {
                var width = Widths.Last(width => at.UtcTicks % width.Ticks == 0 && at + width <= end);
                yield return new RollupRow(width, at);
                at += width;
            }
        }
    }

    /// <summary>The condition for the rows of a range; adds its parameters after those that are there.</summary>
    /// <param name="range">The range.</param>
    /// <param name="cuts">Times inside it, beside its own ends, that sums must be told apart at.</param>
    /// <param name="parameters">The query's parameters.</param>
    public static string Where(TimeRange range, IEnumerable<DateTimeOffset> cuts, NpgsqlParameterCollection parameters) =>
        Where(Rows(range.From, range.To, cuts), parameters);

    /// <summary>The condition for some rows in a table whose rows are all of one width; adds its parameter after those that are there.</summary>
    public static string WhereStart(IEnumerable<RollupRow> wanted, NpgsqlParameterCollection parameters)
    {
        parameters.Add(new() { Value = wanted.Select(row => row.At).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        return $"bucket_at = any(${parameters.Count})";
    }

    /// <summary>The condition for some rows; adds its parameters after those that are there.</summary>
    public static string Where(IEnumerable<RollupRow> wanted, NpgsqlParameterCollection parameters) =>
        "(" + string.Join(" or ", wanted.GroupBy(row => row.Width, row => row.At).Select(rows =>
        {
            parameters.Add(new() { Value = rows.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
            return $"{WidthColumn} = {MinutesOf(rows.Key)} and bucket_at = any(${parameters.Count})";
        })) + ")";
}
