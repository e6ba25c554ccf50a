using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

// The namespace Aspire's client packages use too, so that a service's source is the same under both engines.
namespace Microsoft.Extensions.Hosting;

/// <summary>EF Core on PostgreSQL under the Local engine, with the configuration keys of Aspire's client package.</summary>
public static class NpgsqlDbContextExtensions
{
    /// <summary>Adds a pooled <typeparamref name="TContext"/> for <c>ConnectionStrings:{name}</c> with retries, and a health check named like the context.</summary>
    /// <typeparam name="TContext">The context.</typeparam>
    /// <param name="builder">The host builder.</param>
    /// <param name="connectionName">Name of the connection string.</param>
    /// <exception cref="StartupException">The connection string is missing or cannot be read.</exception>
    public static void AddNpgsqlDbContext<TContext>(this IHostApplicationBuilder builder, string connectionName)
        where TContext : DbContext
    {
        var text = PostgresAddress.Read(builder, connectionName, builder.Configuration.GetConnectionString(connectionName)
            ?? builder.Configuration[$"Aspire:Npgsql:EntityFrameworkCore:PostgreSQL:{typeof(TContext).Name}:ConnectionString"]
            ?? builder.Configuration["Aspire:Npgsql:EntityFrameworkCore:PostgreSQL:ConnectionString"]);
        builder.Services.AddDbContextPool<TContext>(options => options.UseNpgsql(text, npgsql => npgsql.EnableRetryOnFailure()));
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(typeof(TContext).Name, new PostgresCheck(cancellation => OpenAsync(text, cancellation)), failureStatus: null, tags: null));
    }

    private static async ValueTask<NpgsqlConnection> OpenAsync(string text, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(text);
        try
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
