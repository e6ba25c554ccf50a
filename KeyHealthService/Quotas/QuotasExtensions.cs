namespace GeminiBalance.KeyHealthService.Quotas;

/// <summary>Quota pools: what they are, allow, and have used.</summary>
internal static class QuotasExtensions
{
    public static IServiceCollection AddQuotas(this IServiceCollection services) => services
        .AddSingleton<QuotaReader>()
        .AddSingleton<PoolList>()
        .AddSingleton<PoolCommands>();
}
