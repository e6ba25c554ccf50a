using GeminiBalance.Contracts;
using JasperFx.Events;
using Marten;
using Marten.Events.Projections;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Views;

/// <summary>
/// A view of request facts: flat tables, filled by folding pages of facts in memory and adding each page's result with one statement a table.
/// It must come out the same however the facts are cut into pages: that is what makes a rebuild equal to what was there.
/// </summary>
internal interface IView
{
    /// <summary>Its name in the store's progress table and in <c>/stats/projections</c>. A new name starts from the first fact.</summary>
    string Name { get; }

    /// <summary>
    /// The tables it owns, in schema <c>stats</c>; the time of a row is in its column <c>bucket_at</c> or <c>at</c>. No name of one may be part of another's.
    /// Each view reads every fact for itself, so small tables share one.
    /// </summary>
    IReadOnlyList<Table> Tables { get; }

    /// <summary>Folds a page; no change when nothing in it concerns this view.</summary>
    /// <param name="facts">Facts in the order of the store.</param>
    IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts);

    /// <summary>Maps the endpoints that are this view's alone.</summary>
    /// <param name="stats">The group <c>/stats</c>.</param>
    void Map(RouteGroupBuilder stats)
    {
    }
}

/// <summary>A statement that adds a page's result to a table of a view; runs in the transaction that moves the view's position.</summary>
/// <param name="Sql">The statement, with <c>?</c> for each parameter.</param>
/// <param name="Parameters">Arrays for <c>unnest</c>.</param>
internal sealed record TableChange(string Sql, params object[] Parameters);

/// <summary>What the store's daemon calls with each page.</summary>
internal sealed class ViewProjection(IView view) : IProjection
{
    public Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken cancellation)
    {
        foreach (var change in view.Project(events.Select(e => e.Data).OfType<RequestFact>()))
        {
            operations.QueueSqlCommand(change.Sql, change.Parameters);
        }

        return Task.CompletedTask;
    }
}
