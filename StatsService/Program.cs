using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Messaging;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Costs;
using GeminiBalance.StatsService.Ingest;
using GeminiBalance.StatsService.Latency;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Live;
using GeminiBalance.StatsService.Overviews;
using GeminiBalance.StatsService.Requests;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddStore();
builder.Services.AddAudit().AddLedger().AddCosts().AddUsage().AddLatency().AddRequests();
if (args is ["migrate"])
{
    return await SchemaMigration.RunAsync(builder);
}

builder.Services.AddServiceAuthentication(asFallback: true);
builder.AddMessaging(bus => bus.AddIngest());
builder.Services.AddIngest().AddViews().AddLive();

var app = builder.Build();
app.UseServiceDefaults();
app.MapDefaultEndpoints();
app.MapGroup("/stats").MapOverview().MapUsage().MapCosts().MapAudit().MapRequests().MapLedger().MapIngest().MapLatency().MapViews().MapLive();
app.MapSegments();
return await app.RunServiceAsync();
