using System.Net;
using System.Net.Http.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>KeyHealthService's settings over HTTP.</summary>
/// <param name="client">A client with its address and the service token.</param>
internal sealed class SettingsClient(HttpClient client) : ISettingsAuthority
{
    /// <inheritdoc />
    public async Task<PublishedSettings?> ReadAsync(Guid known, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync($"/settings/published?known={known}", cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        return response.StatusCode == HttpStatusCode.NoContent
            ? null
            : await response.Content.ReadFromJsonAsync(ContractsJson.Default.PublishedSettings, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async Task TellAsync(SettingsReport report, CancellationToken cancellationToken)
    {
        using var response = await client.PostAsJsonAsync("/settings/replicas", report, ContractsJson.Default.SettingsReport, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
    }
}
