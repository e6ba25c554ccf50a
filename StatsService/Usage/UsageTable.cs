using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Usage;

/// <summary>A table of usage.</summary>
/// <param name="Name">Its name, without the schema.</param>
/// <param name="Narrowest">The narrowest of its rows, which are of several widths; see <see cref="Rollup"/>. Null when all are a quarter of an hour wide.</param>
/// <param name="Finer">The table that has the narrower rows, all a quarter of an hour wide.</param>
/// <param name="TellsOutcomesByColumns">Whether a row holds requests of all outcomes, counted in columns; else each outcome has its rows.</param>
internal sealed record UsageTable(string Name, TimeSpan? Narrowest = null, UsageTable? Finer = null, bool TellsOutcomesByColumns = false)
{
    /// <summary>By model and outcome.</summary>
    public static UsageTable Totals { get; } = new(UsageTotals.TableName, Rollup.Widths[0]);

    /// <summary>By key and outcome.</summary>
    public static UsageTable ByKey { get; } = new(UsageByKey.TableName);

    /// <summary>By access key and outcome.</summary>
    public static UsageTable ByAccessKey { get; } = new(UsageByAccessKey.TableName);

    /// <summary>By operation and outcome.</summary>
    public static UsageTable ByOperation { get; } = new(UsageByOperation.TableName);

    /// <summary>By key.</summary>
    public static UsageTable KeyTotals { get; } = new(Usage.KeyTotals.KeyTableName, Rollup.Widths[1], ByKey, TellsOutcomesByColumns: true);

    /// <summary>By access key.</summary>
    public static UsageTable AccessKeyTotals { get; } = new(Usage.KeyTotals.AccessKeyTableName, Rollup.Widths[1], ByAccessKey, TellsOutcomesByColumns: true);

    /// <summary>Which tables have the rows of a range that is told apart at some times, and which rows are asked of each; all of the range where that is null.</summary>
    public IEnumerable<(UsageTable Table, IReadOnlyList<RollupRow>? Rows)> For(TimeRange range, IEnumerable<DateTimeOffset> cuts)
    {
        if (Narrowest is null)
        {
            return [(this, null)];
        }

        var rows = Rollup.Rows(range.From, range.To, cuts).ToLookup(row => row.Width < Narrowest);
        return new[] { (Table: this, Rows: (IReadOnlyList<RollupRow>)[.. rows[false]]), (Table: Finer!, Rows: [.. rows[true]]) }
            .Where(part => part.Rows.Count > 0).Select(part => (part.Table, (IReadOnlyList<RollupRow>?)part.Rows));
    }
}
