using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.AdminUi.Clients;

/// <summary>KeyHealthService: the settings of the gateway.</summary>
internal sealed class SettingsClient(HttpClient http)
{
    private const string Service = KeyHealthClient.Service;

    public Task<SettingsView> ReadAsync(CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, "/settings"), ContractsJson.Default.SettingsView, cancellationToken);

    /// <summary>Changes settings, all or none; a failure with status 409 when somebody else did since <see cref="ChangeSettings.Version"/>.</summary>
    public Task<SettingsView> ChangeAsync(ChangeSettings change, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Put, "/settings", change, ContractsJson.Default.ChangeSettings).WithActor(actor), ContractsJson.Default.SettingsView, cancellationToken);

    /// <summary>All changes, newest first.</summary>
    public Task<SettingsVersion[]> VersionsAsync(CancellationToken cancellationToken) =>
        http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, "/settings/versions"), ContractsJson.Default.SettingsVersionArray, cancellationToken);

    /// <summary>What changed from a version to now, or to another version.</summary>
    public Task<SettingChange[]> DifferenceAsync(long version, CancellationToken cancellationToken, long? to = null)
    {
        var until = to is { } other ? string.Create(CultureInfo.InvariantCulture, $"?to={other}") : "";
        return http.SendAsync(Service, new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"/settings/versions/{version}/diff{until}")), ContractsJson.Default.SettingChangeArray, cancellationToken);
    }

    /// <summary>Brings back what was set at a version; a failure with status 409 when somebody changed settings since <see cref="RollbackSettings.Version"/>.</summary>
    public Task<SettingsView> RollBackAsync(RollbackSettings rollback, string actor, CancellationToken cancellationToken) =>
        http.SendAsync(Service, ServiceCall.Json(HttpMethod.Post, "/settings/rollback", rollback, ContractsJson.Default.RollbackSettings).WithActor(actor), ContractsJson.Default.SettingsView, cancellationToken);
}
