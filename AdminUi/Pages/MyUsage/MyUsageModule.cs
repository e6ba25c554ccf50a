namespace GeminiBalance.AdminUi.Pages.MyUsage;

/// <summary>The page where holders of access keys see their usage.</summary>
internal static class MyUsageModule
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static IServiceCollection AddMyUsage(this IServiceCollection services)
    {
        services.AddSingleton<HolderGuesses>();

        // No redirects and no proxy of the environment, which would carry the key elsewhere; no logging, which could show it.
        services.AddHttpClient<HolderUsageReader>(client =>
            {
                client.BaseAddress = new Uri("http://proxy");
                client.Timeout = Patience;
            })
            .RemoveAllLoggers()
            .AddServiceDiscovery()
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) });
        return services;
    }
}
