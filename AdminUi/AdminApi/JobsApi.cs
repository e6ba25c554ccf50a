using System.Text.Json.Nodes;
using GeminiBalance.AdminUi.Clients;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults;

namespace GeminiBalance.AdminUi.AdminApi;

/// <summary>The jobs of all services in one list.</summary>
/// <param name="Jobs">Every job as its service tells it, with the service's name as <c>service</c>.</param>
/// <param name="Away">Services that did not tell theirs.</param>
internal sealed record JobList(IReadOnlyList<JsonNode> Jobs, IReadOnlyList<string> Away);

/// <summary><c>/admin/api/v1/jobs</c>: whose job it is, a caller need not know.</summary>
internal static class JobsApi
{
    public static async Task<IResult> ListAsync(JobBoard board, HttpContext context)
    {
        var services = await board.ReadAsync(context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new JobList(
            [.. services.SelectMany(service => service.Jobs?.Select(job => Named(service.Service, job)) ?? [])],
            [.. services.Where(service => service.Jobs is null).Select(service => service.Service)]));
    }

    public static async Task<IResult> FindAsync(string name, JobBoard board, HttpContext context)
    {
        var services = await board.ReadAsync(context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return Owner(services, name) is { } found ? TypedResults.Ok(Named(found.Service, found.Job)) : Unknown(services);
    }

    public static async Task<IResult> RunAsync(string name, JobBoard board, HttpContext context)
    {
        var services = await board.ReadAsync(context.RequestAborted);
        if (Owner(services, name) is not { } found)
        {
            return Unknown(services);
        }

        try
        {
            return TypedResults.Accepted((string?)null, Named(found.Service, await board.RunAsync(found.Service, name, context.User.Identity!.Name!, context.RequestAborted)));
        }
        catch (ServiceCallException e)
        {
            return e.Status is { } status ? ProblemResponses.Problem((int)status, e.Code ?? "refused", e.Message) : Away(found.Service);
        }
    }

    private static (string Service, JobStatus Job)? Owner(ServiceJobs[] services, string name)
    {
        foreach (var service in services)
        {
            if (service.Jobs?.FirstOrDefault(job => job.Name == name) is { } job)
            {
                return (service.Service, job);
            }
        }

        return null;
    }

    /// <summary>Nobody who answered has it; while a service is silent that proves nothing.</summary>
    private static IResult Unknown(ServiceJobs[] services) => services.FirstOrDefault(service => service.Jobs is null) is { } silent
        ? Away(silent.Service)
        : ProblemResponses.Problem(StatusCodes.Status404NotFound, "job_not_found", "There is no job of this name.");

    private static IResult Away(string service) =>
        ProblemResponses.Problem(StatusCodes.Status502BadGateway, "service_away", $"The service {service} does not answer. Nothing is known of what became of the call.");

    private static JsonNode Named(string service, JobStatus job)
    {
        var node = System.Text.Json.JsonSerializer.SerializeToNode(job, ContractsJson.Default.JobStatus)!.AsObject();
        node["service"] = service;
        return node;
    }
}
