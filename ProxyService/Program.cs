using GeminiBalance.ProxyService;
using GeminiBalance.ProxyService.Endpoints;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ServiceDefaults;

WebApplication app;
try
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddServiceDefaults();
    builder.AddReporting();
    builder.AddKeyPool();
    builder.AddForwarding();
    builder.AddProxySettings();
    builder.AddEndpoints();
    app = builder.Build();
}
catch (StartupException e)
{
    Console.Error.WriteLine($"GeminiBalance.ProxyService cannot start: {e.Message}");
    return 1;
}

app.MapEndpoints();
app.MapDefaultEndpoints();
return await app.RunServiceAsync();
