using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.AdminUi.Clients;

/// <summary>KeyHealthService: access keys.</summary>
internal sealed class AccessKeyClient(HttpClient http)
{
    private const string Service = KeyHealthClient.Service;

    /// <summary>A page of access keys, newest first.</summary>
    public Task<AccessKeyPage> PageAsync(string? search, string? after, int limit, CancellationToken cancellationToken)
    {
        var query = QueryString.Create("limit", limit.ToString(CultureInfo.InvariantCulture));
        query = string.IsNullOrWhiteSpace(search) ? query : query.Add("q", search.Trim());
        query = after is null ? query : query.Add("after", after);
        return http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/access-keys/page{query}"), ContractsJson.Default.AccessKeyPage, cancellationToken);
    }

    public Task<AccessKeyView> FindAsync(Guid id, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/access-keys/{id}"), ContractsJson.Default.AccessKeyView, cancellationToken);

    public Task<CreatedAccessKey> CreateAsync(CreateAccessKey create, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Post, "/access-keys", create, ContractsJson.Default.CreateAccessKey).WithActor(actor).WithPatience(ServiceCall.OfMany), ContractsJson.Default.CreatedAccessKey, cancellationToken);

    /// <summary>Replaces the terms. When somebody else did meanwhile, the exception's <see cref="ServiceCallException.Current{T}"/> is what they made of it.</summary>
    public Task<AccessKeyView> EditAsync(Guid id, EditAccessKey edit, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Put, $"/access-keys/{id}", edit, ContractsJson.Default.EditAccessKey).WithActor(actor), ContractsJson.Default.AccessKeyView, cancellationToken);

    public Task<CreatedAccessKey> RotateAsync(Guid id, long overlapSeconds, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Post, $"/access-keys/{id}/rotate", new RotateAccessKey(overlapSeconds), ContractsJson.Default.RotateAccessKey).WithActor(actor).WithPatience(ServiceCall.OfMany), ContractsJson.Default.CreatedAccessKey, cancellationToken);

    public Task<AccessKeyView> SetEnabledAsync(Guid id, bool enabled, string actor, CancellationToken cancellationToken) => ActAsync(id, enabled ? "enable" : "disable", actor, cancellationToken);

    public Task<AccessKeyView> RevokeAsync(Guid id, string actor, CancellationToken cancellationToken) => ActAsync(id, "revoke", actor, cancellationToken);

    public async Task DeleteAsync(Guid id, string actor, CancellationToken cancellationToken)
    {
        using var response = await http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Delete, $"/access-keys/{id}").WithActor(actor), HttpCompletionOption.ResponseContentRead, cancellationToken);
    }

    /// <summary>Takes over the client tokens of another gateway.</summary>
    /// <param name="text">Its export. Holds secrets.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<AccessKeyImportResult> ImportAsync(string text, string actor, CancellationToken cancellationToken)
    {
        var request = ServiceCall.Text("/access-keys/imports", text);
        return http.SendAsync(Service, request.WithActor(actor), ContractsJson.Default.AccessKeyImportResult, cancellationToken);
    }

    private Task<AccessKeyView> ActAsync(Guid id, string action, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Post, $"/access-keys/{id}/{action}").WithActor(actor), ContractsJson.Default.AccessKeyView, cancellationToken);
}
