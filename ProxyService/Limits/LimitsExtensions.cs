using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>Registers the limits of access keys.</summary>
internal static class LimitsExtensions
{
    /// <summary>Adds the accounts and what they are kept with.</summary>
    public static IServiceCollection AddLimits(this IServiceCollection services)
    {
        services.AddValidatedOptions<LimitsOptions>("Limits");
        services.AddServiceClient<PricesClient>("stats");
        services.AddSingleton<ModelCosts>();
        services.AddSingleton<RedisLimits>();
        services.AddSingleton<LocalLimits>();
        services.AddSingleton<LimitMemory>();
        services.AddServiceClient<UsageClient>("stats");
        services.AddSingleton<AccessKeyLimiter>();
        services.AddHostedService<LimitsKeeper>();
        return services;
    }
}
