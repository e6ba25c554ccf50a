using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Telling;

/// <summary>From the store to the bus.</summary>
internal static class TellingExtensions
{
    public static IServiceCollection AddTelling(this IServiceCollection services)
    {
        services.AddSingleton<MessagePump>();
        services.AddHostedService(provider => provider.GetRequiredService<MessagePump>());
        services.AddHealthChecks().AddCheck<Untold>("domain-messages");
        return services;
    }
}

/// <summary>Shows when changes wait too long for the bus. The service works all the same: they lie in its database.</summary>
internal sealed class Untold(NpgsqlDataSource database) : IHealthCheck
{
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var command = database.CreateCommand("select coalesce(extract(epoch from clock_timestamp() - min(noted_at)), 0)::float8 from keys.untold");
        var age = TimeSpan.FromSeconds((double)(await command.ExecuteScalarAsync(cancellationToken))!);
        return age < Late ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded($"A change has been waiting for the bus for {age.TotalSeconds:0} s.");
    }
}
