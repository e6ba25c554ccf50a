using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Usage;

/// <summary>A table of usage.</summary>
/// <param name="Name">Its name, without the schema.</param>
/// <param name="Narrowest">The narrowest of its rows, which are of several widths; see <see cref="Rollup"/>. Null when all are a quarter of an hour wide.</param>
/// <param name="Finer">The table that answers what needs narrower rows.</param>
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

    /// <summary>The table that has rows for a range told apart at some times: this one or a finer one.</summary>
    public UsageTable For(TimeRange range, IEnumerable<DateTimeOffset> cuts) =>
        Finer is not null && Rollup.Rows(range.From, range.To, cuts).Any(row => row.Width < Narrowest) ? Finer.For(range, cuts) : this;
}
