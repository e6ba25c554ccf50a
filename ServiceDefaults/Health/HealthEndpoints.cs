using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace GeminiBalance.ServiceDefaults.Health;

/// <summary>Which question a health check answers.</summary>
public static class HealthTags
{
    /// <summary>Is the process alive? Never depends on another process.</summary>
    public const string Live = "live";

    /// <summary>Can the service serve? What a load balancer asks.</summary>
    public const string Ready = "ready";
}

/// <summary><c>/alive</c> = the process, <c>/health</c> = can serve, <c>/health/dependencies</c> = every check in detail.</summary>
public static class HealthEndpoints
{
    internal static IServiceCollection AddDefaultHealthChecks(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [HealthTags.Live]);
        return services;
    }

    internal static void MapHealthEndpoints(this WebApplication app)
    {
        app.MapHealthChecks("/alive", Only(check => check.Tags.Contains(HealthTags.Live))).AllowAnonymous();
        app.MapHealthChecks("/health", Only(check => check.Tags.Contains(HealthTags.Ready) || check.Tags.Contains(HealthTags.Live))).AllowAnonymous();
        app.MapHealthChecks("/health/dependencies", Only(_ => true)).AllowAnonymous();
    }

    private static HealthCheckOptions Only(Func<HealthCheckRegistration, bool> predicate) => new()
    {
        Predicate = predicate,
        ResponseWriter = WriteAsync,
    };

    /// <summary>Names and states only: a description is the check's own text, an exception may hold an address or worse and stays in the log.</summary>
    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, new
        {
            status = report.Status.ToString(),
            checks = report.Entries.ToDictionary(entry => entry.Key, entry => new
            {
                status = entry.Value.Status.ToString(),
                description = entry.Value.Description,
                data = entry.Value.Data.Count == 0 ? null : entry.Value.Data,
            }),
        }, JsonSerializerOptions.Web, context.RequestAborted);
    }
}
