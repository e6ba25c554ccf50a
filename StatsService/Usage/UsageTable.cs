namespace GeminiBalance.StatsService.Usage;

/// <summary>A table of usage.</summary>
/// <param name="Name">Its name, without the schema.</param>
/// <param name="HasWidths">Whether its rows are of several widths; see <see cref="Views.Rollup"/>.</param>
/// <param name="TellsOutcomesByColumns">Whether a row holds requests of all outcomes, counted in columns; else each outcome has its rows.</param>
internal sealed record UsageTable(string Name, bool HasWidths = false, bool TellsOutcomesByColumns = false)
{
    /// <summary>By model and outcome.</summary>
    public static UsageTable Totals { get; } = new(UsageTotals.TableName, HasWidths: true);

    /// <summary>By key.</summary>
    public static UsageTable KeyTotals { get; } = new(Usage.KeyTotals.KeyTableName, HasWidths: true, TellsOutcomesByColumns: true);

    /// <summary>By access key.</summary>
    public static UsageTable AccessKeyTotals { get; } = new(Usage.KeyTotals.AccessKeyTableName, HasWidths: true, TellsOutcomesByColumns: true);

    /// <summary>By key and outcome.</summary>
    public static UsageTable ByKey { get; } = new(UsageByKey.TableName);

    /// <summary>By access key and outcome.</summary>
    public static UsageTable ByAccessKey { get; } = new(UsageByAccessKey.TableName);

    /// <summary>By operation and outcome.</summary>
    public static UsageTable ByOperation { get; } = new(UsageByOperation.TableName);
}
