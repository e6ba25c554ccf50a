using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Activities;

/// <summary>What keys and access keys did beside what they used: small tables, filled in one reading of the facts.</summary>
internal sealed class ActivityView : IView
{
    private readonly IView[] parts = [new AttemptsView(), new UsageByOperation(), new LastUseView()];

    public string Name => "activity";

    public IReadOnlyList<Table> Tables => [.. parts.SelectMany(part => part.Tables)];

    public IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        // Read once, however many parts there are.
        var page = facts.ToArray();
        return parts.SelectMany(part => part.Project(page));
    }

    public void Map(RouteGroupBuilder stats)
    {
        foreach (var part in parts)
        {
            part.Map(stats);
        }
    }
}
