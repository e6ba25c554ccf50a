using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.AdminUi.Clients;

/// <summary>StatsService: what tokens cost.</summary>
internal sealed class PriceClient(HttpClient http)
{
    private const string Service = StatsClient.Service;

    public Task<ModelPrice[]> ReadAsync(CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, "/stats/prices"), ContractsJson.Default.ModelPriceArray, cancellationToken);

    public Task<ModelPrice> SetAsync(string model, PricePeriod[] periods, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Put, Path(model), periods, ContractsJson.Default.PricePeriodArray).WithActor(actor), ContractsJson.Default.ModelPrice, cancellationToken);

    /// <summary>Brings back the prices that came with the product.</summary>
    public async Task ResetAsync(string model, string actor, CancellationToken cancellationToken)
    {
        using var response = await http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Delete, Path(model)).WithActor(actor), HttpCompletionOption.ResponseContentRead, cancellationToken);
    }

    private static string Path(string model) => "/stats/prices/" + Uri.EscapeDataString(model);
}
