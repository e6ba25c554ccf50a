using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.AdminUi.Clients;

/// <summary>KeyHealthService: quota pools.</summary>
internal sealed class PoolClient(HttpClient http)
{
    private const string Service = KeyHealthClient.Service;

    /// <summary>A page of pools, by name.</summary>
    public Task<PoolPage> PageAsync(string? after, int limit, CancellationToken cancellationToken)
    {
        var query = QueryString.Create("limit", limit.ToString(CultureInfo.InvariantCulture));
        query = after is null ? query : query.Add("after", after);
        return http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/pools{query}"), ContractsJson.Default.PoolPage, cancellationToken);
    }

    /// <summary>One pool; a failure with status 400 when no key draws from it.</summary>
    public Task<PoolView> FindAsync(string pool, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/pools/one{Named(pool)}"), ContractsJson.Default.PoolView, cancellationToken);

    public Task<PoolView> DescribeAsync(string pool, EditPool edit, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Put, $"/pools/project{Named(pool)}", edit, ContractsJson.Default.EditPool).WithActor(actor), ContractsJson.Default.PoolView, cancellationToken);

    public Task<PoolView> LimitAsync(string pool, SetLimits limits, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Put, $"/pools/limits{Named(pool)}", limits, ContractsJson.Default.SetLimits).WithActor(actor), ContractsJson.Default.PoolView, cancellationToken);

    /// <summary>Ends the states of a model, so that its keys serve again at once.</summary>
    public Task<PoolView> ResetAsync(string pool, string? model, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Post, $"/pools/reset{Named(pool)}", new ResetQuota(model), ContractsJson.Default.ResetQuota).WithActor(actor), ContractsJson.Default.PoolView, cancellationToken);

    private static QueryString Named(string pool) => QueryString.Create("pool", pool);
}
