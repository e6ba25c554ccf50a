using GeminiBalance.ServiceDefaults.Jobs;
using GeminiBalance.StatsService.Activities;
using GeminiBalance.StatsService.Alerts;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Costs;
using GeminiBalance.StatsService.Ingest;
using GeminiBalance.StatsService.Latency;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Live;
using GeminiBalance.StatsService.Overviews;
using GeminiBalance.StatsService.Rebuilding;
using GeminiBalance.StatsService.Requests;
using GeminiBalance.StatsService.Retention;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService;

/// <summary>Everything this service can do, room by room.</summary>
internal static class Rooms
{
    /// <summary>What keeps something in the store, and so takes part in its migration.</summary>
    public static IServiceCollection AddKeepers(this IServiceCollection services) =>
        services.AddUsage().AddOverview().AddActivities().AddCosts().AddLatency().AddRequests().AddAudit().AddLedger().AddAlerts().AddRetention();

    /// <summary>What runs.</summary>
    public static IServiceCollection AddWorkers(this IServiceCollection services) => services.AddIngest().AddViews().AddLive().AddAlertWatch().AddRebuilding().AddJobRunner(StoreSchema.Name);

    public static void MapRooms(this WebApplication app)
    {
        app.MapGroup("/stats").RefuseUnknownParameters().MapOverview().MapUsage().MapCosts().MapLatency().MapRequests().MapAudit().MapLedger().MapAlerts().MapIngest().MapViews().MapLive().MapRebuilding();
        app.MapSegments();
        app.MapJobs();
    }
}
