using GeminiBalance.ServiceDefaults.Health;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace GeminiBalance.ServiceDefaults.Storage;

/// <summary>PostgreSQL for the services that keep an event store.</summary>
public static class NpgsqlSourceExtensions
{
    /// <summary>Adds a pooled <see cref="NpgsqlDataSource"/> for <c>ConnectionStrings:{name}</c> and the readiness check <c>postgres</c>.</summary>
    /// <param name="builder">The host builder.</param>
    /// <param name="connectionName">Name of the connection string.</param>
    /// <exception cref="StartupException">The connection string is missing or cannot be read.</exception>
    public static void AddNpgsqlSource(this IHostApplicationBuilder builder, string connectionName)
    {
        var text = PostgresAddress.Read(builder, connectionName, builder.Configuration.GetConnectionString(connectionName));
        builder.Services.AddNpgsqlDataSource(text);
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            "postgres",
            services => new PostgresCheck(services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync),
            failureStatus: null,
            [HealthTags.Ready]));
    }
}
