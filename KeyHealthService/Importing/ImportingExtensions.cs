namespace GeminiBalance.KeyHealthService.Importing;

/// <summary>Import of keys: a few at once, or many as a job.</summary>
internal static class ImportingExtensions
{
    public static IServiceCollection AddImporting(this IServiceCollection services)
    {
        services.AddSingleton<KeyImport>();
        services.AddSingleton<ImportStore>();
        services.AddSingleton<ImportRunner>();
        services.AddHostedService(provider => provider.GetRequiredService<ImportRunner>());
        return services;
    }
}
