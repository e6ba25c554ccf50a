namespace GeminiBalance.StatsService;

/// <summary>The database schema this service owns, named apart from the store: the store needs the views, and both need the name.</summary>
internal static class StoreSchema
{
    public const string Name = "stats";
}
