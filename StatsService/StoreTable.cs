using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService;

/// <summary>A table of this service that is no view: it is not filled from events, and no rebuild empties it.</summary>
/// <param name="Table">The table, in schema <c>stats</c>.</param>
internal sealed record StoreTable(Table Table);
