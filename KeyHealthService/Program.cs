using GeminiBalance.KeyHealthService;
using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.ServiceDefaults;

try
{
    var builder = WebApplication.CreateBuilder(args);
    if (args is ["migrate", ..])
    {
        builder.AddKeyStore();
        return await Migration.RunAsync(builder.Build());
    }

    builder.AddKeyHealth();
    var app = builder.Build();
    app.MapKeyHealth();
    return await app.RunServiceAsync();
}
catch (StartupException e)
{
    await Console.Error.WriteLineAsync($"GeminiBalance.KeyHealthService cannot start: {e.Message}");
    return 1;
}
