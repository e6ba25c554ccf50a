using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.AdminUi.Clients;

/// <summary>Jobs of KeyHealthService.</summary>
internal sealed class KeyHealthJobs(HttpClient http) : JobClient(http, KeyHealthClient.Service);

/// <summary>Jobs of StatsService.</summary>
internal sealed class StatsJobs(HttpClient http) : JobClient(http, StatsClient.Service);

/// <summary>Jobs of one service.</summary>
internal abstract class JobClient(HttpClient http, string service)
{
    /// <summary>Resource name of the service.</summary>
    public string Service => service;

    public Task<JobStatus[]> ListAsync(CancellationToken cancellationToken) =>
        http.SendAsync(service, new HttpRequestMessage(HttpMethod.Get, "/jobs"), ContractsJson.Default.JobStatusArray, cancellationToken);

    /// <summary>Begins a run; a failure with code <c>job_running</c> while one goes on.</summary>
    public Task<JobStatus> RunAsync(string name, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(service, new HttpRequestMessage(HttpMethod.Post, $"/jobs/{Uri.EscapeDataString(name)}/runs").WithActor(actor), ContractsJson.Default.JobStatus, cancellationToken);
}

/// <summary>The jobs of one service, or why they are not known.</summary>
/// <param name="Service">Resource name of the service.</param>
/// <param name="Jobs">Its jobs; null when it did not tell them.</param>
/// <param name="Error">Why; null when it did.</param>
internal sealed record ServiceJobs(string Service, IReadOnlyList<JobStatus>? Jobs, ServiceCallException? Error);

/// <summary>The jobs of all services: one that is away does not hide the others.</summary>
internal sealed class JobBoard(KeyHealthJobs keyHealth, StatsJobs stats)
{
    private readonly JobClient[] services = [keyHealth, stats];

    public Task<ServiceJobs[]> ReadAsync(CancellationToken cancellationToken) => Task.WhenAll(services.Select(service => ReadAsync(service, cancellationToken)));

    /// <summary>Begins a run.</summary>
    public Task<JobStatus> RunAsync(string service, string name, string actor, CancellationToken cancellationToken) =>
        Array.Find(services, client => client.Service == service)!.RunAsync(name, actor, cancellationToken);

    private static async Task<ServiceJobs> ReadAsync(JobClient service, CancellationToken cancellationToken)
    {
        try
        {
            return new ServiceJobs(service.Service, await service.ListAsync(cancellationToken), null);
        }
        catch (ServiceCallException e)
        {
            return new ServiceJobs(service.Service, null, e);
        }
    }
}
