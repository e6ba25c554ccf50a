using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Messaging;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.StatsService;
using GeminiBalance.StatsService.Ingest;
using GeminiBalance.StatsService.Retention;
using GeminiBalance.StatsService.Store;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddStore();
builder.Services.AddKeepers();
if (args is ["migrate"])
{
    return await SchemaMigration.RunAsync(builder);
}

builder.Services.AddServiceAuthentication(asFallback: true);
builder.AddMessaging(bus => bus.AddIngest());
builder.Services.AddWorkers();
builder.AddStatsSettings();

var app = builder.Build();
app.UseServiceDefaults();
app.MapDefaultEndpoints();
app.MapRooms();
return await app.RunServiceAsync();
