using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.AdminUi.Clients;

/// <summary>KeyHealthService: keys.</summary>
internal sealed class KeyHealthClient(HttpClient http)
{
    /// <summary>Resource name of the service.</summary>
    public const string Service = "keyhealth";

    public Task<KeyPage> KeysAsync(KeyStatus? status, string? search, string? after, int limit, CancellationToken cancellationToken)
    {
        var query = QueryString.Create("limit", limit.ToString(System.Globalization.CultureInfo.InvariantCulture));
        query = status is null ? query : query.Add("status", status.Value.ToString());
        query = string.IsNullOrWhiteSpace(search) ? query : query.Add("q", search.Trim());
        query = after is null ? query : query.Add("after", after);
        return http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/keys{query}"), ContractsJson.Default.KeyPage, cancellationToken);
    }

    public Task<KeySummary> SummaryAsync(CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, "/keys/summary"), ContractsJson.Default.KeySummary, cancellationToken);

    public Task<ImportResult> ImportAsync(string text, string actor, CancellationToken cancellationToken)
    {
        var request = ServiceCall.Text("/keys/imports", text);
        return http.SendAsync(Service, request.WithActor(actor), ContractsJson.Default.ImportResult, cancellationToken);
    }

    public async Task CheckAllAsync(string actor, CancellationToken cancellationToken)
    {
        var request = ServiceCall.Json(HttpMethod.Post, "/keys/checks", new CheckKeys(null), ContractsJson.Default.CheckKeys).WithActor(actor);
        using var response = await http.SendAsync(Service, request, HttpCompletionOption.ResponseContentRead, cancellationToken);
    }

    public Task<KeyView> CheckAsync(Guid id, string actor, CancellationToken cancellationToken) => ActAsync(id, "check", actor, cancellationToken);

    public Task<KeyView> EnableAsync(Guid id, string actor, CancellationToken cancellationToken) => ActAsync(id, "enable", actor, cancellationToken);

    public Task<KeyView> DisableAsync(Guid id, string actor, CancellationToken cancellationToken) => ActAsync(id, "disable", actor, cancellationToken);

    public Task<KeyView> EditAsync(Guid id, EditKey edit, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Patch, $"/keys/{id}", edit, ContractsJson.Default.EditKey).WithActor(actor), ContractsJson.Default.KeyView, cancellationToken);

    public async Task DeleteAsync(Guid id, string actor, CancellationToken cancellationToken)
    {
        using var response = await http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Delete, $"/keys/{id}").WithActor(actor), HttpCompletionOption.ResponseContentRead, cancellationToken);
    }

    public Task<KeyView> FindAsync(Guid id, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/keys/{id}"), ContractsJson.Default.KeyView, cancellationToken);

    /// <summary>What happened to a key, newest first.</summary>
    public Task<TimelineEntry[]> TimelineAsync(Guid id, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, $"/keys/{id}/timeline"), ContractsJson.Default.TimelineEntryArray, cancellationToken);

    /// <summary>Takes back the last transition of a key.</summary>
    public Task<KeyView> UndoAsync(Guid id, string actor, CancellationToken cancellationToken) => ActAsync(id, "undo", actor, cancellationToken);

    /// <summary>Takes back what a cause did between two times, or only says what that would be.</summary>
    public Task<UndoneTransitions> UndoManyAsync(UndoTransitions undo, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Post, "/transitions/undo", undo, ContractsJson.Default.UndoTransitions).WithActor(actor).WithPatience(ServiceCall.OfMany), ContractsJson.Default.UndoneTransitions, cancellationToken);

    /// <summary>The keys that a cleanup would retire now.</summary>
    public Task<KeyCleanup> CleanupPreviewAsync(CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, "/keys/cleanup"), ContractsJson.Default.KeyCleanup, cancellationToken);

    /// <summary>Retires the long dead keys.</summary>
    public Task<KeyCleanup> CleanupAsync(string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Post, "/keys/cleanup").WithActor(actor).WithPatience(ServiceCall.OfMany), ContractsJson.Default.KeyCleanup, cancellationToken);

    private Task<KeyView> ActAsync(Guid id, string action, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Post, $"/keys/{id}/{action}").WithActor(actor), ContractsJson.Default.KeyView, cancellationToken);
}
