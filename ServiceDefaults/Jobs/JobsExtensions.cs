using GeminiBalance.ServiceDefaults.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace GeminiBalance.ServiceDefaults.Jobs;

/// <summary>Jobs of a service: <c>GET /jobs</c>, <c>GET /jobs/{name}</c>, <c>POST /jobs/{name}/runs</c>.</summary>
public static class JobsExtensions
{
    /// <summary>SQL that creates the table of jobs in a service's schema, or brings it up to date. Part of the service's migration; safe to repeat.</summary>
    /// <param name="schema">The schema, which exists.</param>
    public static string Definition(string schema) => JobStore.Definition(schema);

    /// <summary>Runs every registered <see cref="IJob"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="schema">The schema that holds the table of jobs.</param>
    public static IServiceCollection AddJobRunner(this IServiceCollection services, string schema)
    {
        services.AddSingleton(provider => new JobRunner(
            new JobStore(provider.GetRequiredService<NpgsqlDataSource>(), schema),
            provider.GetServices<IJob>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<JobRunner>>()));
        return services.AddHostedService(provider => provider.GetRequiredService<JobRunner>());
    }

    /// <summary>Registers a job.</summary>
    /// <typeparam name="TJob">The job.</typeparam>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddJob<TJob>(this IServiceCollection services)
        where TJob : class, IJob => services.AddSingleton<IJob, TJob>();

    /// <summary>Maps the jobs. A run is begun, not waited for: 202 with the state, 409 while it runs, 404 for a name nobody knows.</summary>
    /// <param name="app">The application; its fallback policy guards the endpoints.</param>
    public static void MapJobs(this IEndpointRouteBuilder app)
    {
        var jobs = app.MapGroup("/jobs");
        jobs.MapGet("", async (JobRunner runner, CancellationToken cancellation) => TypedResults.Ok(await runner.StatusAsync(cancellation).ConfigureAwait(false)));
        jobs.MapGet("/{name}", async (string name, JobRunner runner, CancellationToken cancellation) =>
            await runner.StatusAsync(name, cancellation).ConfigureAwait(false) is { } status ? TypedResults.Ok(status) : Missing());
        jobs.MapPost("/{name}/runs", StartAsync);
    }

    private static async Task<IResult> StartAsync(string name, JobRunner runner, HttpContext context, CancellationToken cancellation)
    {
        if (await runner.StatusAsync(name, cancellation).ConfigureAwait(false) is null)
        {
            return Missing();
        }

        return await runner.TryStartAsync(name, context.Actor(), cancellation).ConfigureAwait(false)
            ? TypedResults.Accepted($"/jobs/{name}", await runner.StatusAsync(name, cancellation).ConfigureAwait(false))
            : ProblemResponses.Problem(StatusCodes.Status409Conflict, "job_running", "The job runs already.");
    }

    private static IResult Missing() => ProblemResponses.Problem(StatusCodes.Status404NotFound, "job_not_found", "There is no job of this name.");
}
