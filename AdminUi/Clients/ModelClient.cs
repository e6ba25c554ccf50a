using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.AdminUi.Clients;

/// <summary>KeyHealthService: the model catalogue. What is set for models are settings, so that a change tells the version it was made from.</summary>
internal sealed class ModelClient(HttpClient http)
{
    private const string Service = KeyHealthClient.Service;

    public Task<ModelsView> ReadAsync(CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, "/models"), ContractsJson.Default.ModelsView, cancellationToken);

    /// <summary>Compares with the upstream, and changes the catalogue unless it is a preview.</summary>
    public Task<ModelDiff> SyncAsync(SyncModels sync, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Post, "/models/sync", sync, ContractsJson.Default.SyncModels).WithActor(actor).WithPatience(ServiceCall.OfMany), ContractsJson.Default.ModelDiff, cancellationToken);

    public Task<ModelView> ServeAsync(string model, bool serve, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Post, $"/models/{Escaped(model)}/{(serve ? "enable" : "disable")}").WithActor(actor), ContractsJson.Default.ModelView, cancellationToken);

    public Task<ModelAlias> AliasAsync(string alias, SetModelAlias set, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Put, $"/models/aliases/{Escaped(alias)}", set, ContractsJson.Default.SetModelAlias).WithActor(actor), ContractsJson.Default.ModelAlias, cancellationToken);

    public async Task NoAliasAsync(string alias, string actor, CancellationToken cancellationToken)
    {
        using var response = await http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Delete, $"/models/aliases/{Escaped(alias)}").WithActor(actor), HttpCompletionOption.ResponseContentRead, cancellationToken);
    }

    public Task<ModelView> FallbacksAsync(string model, SetModelFallbacks set, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Put, $"/models/{Escaped(model)}/fallbacks", set, ContractsJson.Default.SetModelFallbacks).WithActor(actor), ContractsJson.Default.ModelView, cancellationToken);

    /// <summary>Sets how the upstream behaves for a model; what the profile leaves out is left to the gateway.</summary>
    public Task<ModelView> ProfileAsync(string model, SetModelProfile set, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Put, $"/models/{Escaped(model)}/profile", set, ContractsJson.Default.SetModelProfile).WithActor(actor), ContractsJson.Default.ModelView, cancellationToken);

    private static string Escaped(string name) => Uri.EscapeDataString(name);
}
