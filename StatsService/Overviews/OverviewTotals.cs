using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Latency;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Overviews;

/// <summary>What an overview sums up, one view so that its parts always stand at the same fact.</summary>
internal sealed class OverviewTotals : IView
{
    public const string ViewName = "overview_totals";

    public string Name => ViewName;

    public IReadOnlyList<Table> Tables { get; } = [UsageTotals.BuildTable(), LatencyTotals.BuildTable(), ActiveAccessKeys.BuildTable()];

    public IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        var page = facts as IReadOnlyCollection<RequestFact> ?? [.. facts];
        return [.. UsageTotals.Project(page), .. LatencyTotals.Project(page), .. ActiveAccessKeys.Project(page)];
    }
}
