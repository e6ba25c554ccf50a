using GeminiBalance.AdminUi;
using GeminiBalance.AdminUi.Clients;
using GeminiBalance.AdminUi.Components;
using GeminiBalance.AdminUi.Identity;
using GeminiBalance.AdminUi.Live;
using GeminiBalance.AdminUi.Preferences;
using GeminiBalance.AdminUi.Security;
using GeminiBalance.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddOperatorIdentity();
builder.Services.AddServiceClients().AddLiveFeed().AddPreferences();
builder.AddUserInterface();

var app = builder.Build();
if (args is ["migrate", ..])
{
    return await app.MigrateIdentityAsync();
}

app.UseSecurityHeaders();
app.UsePreferences();
app.UseUserInterface();
app.MapDefaultEndpoints();
app.MapOperatorEndpoints();
app.MapPreferenceEndpoints();
app.MapUserInterface<App>();
return await app.RunServiceAsync();
