using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Messaging;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.StatsService.Ingest;
using GeminiBalance.StatsService.Latency;
using GeminiBalance.StatsService.Live;
using GeminiBalance.StatsService.Overviews;
using GeminiBalance.StatsService.Requests;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddStore();
builder.Services.AddUsage().AddLatency().AddRequests();
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
app.MapGroup("/stats").MapOverview().MapUsage().MapViews().MapLive();
return await app.RunServiceAsync();
