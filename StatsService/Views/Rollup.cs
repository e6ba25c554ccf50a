using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.StatsService.Views;

/// <summary>A stretch of time that rows of one width make up.</summary>
/// <param name="Width">The rows' width.</param>
/// <param name="From">Start, on a row's start.</param>
/// <param name="To">End, exclusive, on a row's start.</param>
internal readonly record struct RollupPiece(TimeSpan Width, DateTimeOffset From, DateTimeOffset To);

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

    /// <summary>The widest rows that no cut goes through.</summary>
    /// <param name="cuts">Times that sums must be told apart at.</param>
    public static TimeSpan WidestBetween(IEnumerable<DateTimeOffset> cuts)
    {
        var widest = Widths.Count - 1;
        foreach (var cut in cuts)
        {
            while (widest > 0 && cut.UtcTicks % Widths[widest].Ticks != 0)
            {
                widest--;
            }
        }

        return Widths[widest];
    }

    /// <summary>Covers a range: the widest rows in its middle, narrower ones at its ends.</summary>
    /// <param name="from">Start, on a quarter of an hour.</param>
    /// <param name="to">End, on a quarter of an hour.</param>
    /// <param name="widest">No row may be wider.</param>
    public static IEnumerable<RollupPiece> Pieces(DateTimeOffset from, DateTimeOffset to, TimeSpan widest)
    {
        for (var at = 0; at < Widths.Count && from < to; at++)
        {
            var (begin, end) = at + 1 < Widths.Count && Widths[at + 1] <= widest
                ? (TimeBuckets.Ceiling(from, Widths[at + 1]), TimeBuckets.Floor(to, Widths[at + 1]))
                : (to, to);
            if (begin >= end)
            {
                yield return new RollupPiece(Widths[at], from, to);
                yield break;
            }

            if (from < begin)
            {
                yield return new RollupPiece(Widths[at], from, begin);
            }

            if (end < to)
            {
                yield return new RollupPiece(Widths[at], end, to);
            }

            (from, to) = (begin, end);
        }
    }

    /// <summary>The condition for the rows of a range; adds its parameters after those that are there.</summary>
    /// <param name="range">The range.</param>
    /// <param name="cuts">Times inside it, beside its own ends, that sums must be told apart at.</param>
    /// <param name="parameters">The query's parameters.</param>
    public static string Where(TimeRange range, IEnumerable<DateTimeOffset> cuts, NpgsqlParameterCollection parameters) =>
        "(" + string.Join(" or ", Pieces(range.From, range.To, WidestBetween(cuts)).Select(piece =>
        {
            parameters.Add(new() { Value = piece.From, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            parameters.Add(new() { Value = piece.To, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            return $"{WidthColumn} = {MinutesOf(piece.Width)} and bucket_at >= ${parameters.Count - 1} and bucket_at < ${parameters.Count}";
        })) + ")";
}
