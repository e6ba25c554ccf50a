using System.Net.Http.Json;
using GeminiBalance.GeminiSimulator.Endpoints;
using GeminiBalance.GeminiSimulator.Keys;
using GeminiBalance.GeminiSimulator.Ledger;
using GeminiBalance.GeminiSimulator.Quotas;
using GeminiBalance.GeminiSimulator.Scripts;

namespace GeminiBalance.TestKit;

/// <summary>Steers a simulator and reads its ledger.</summary>
/// <param name="client">A client whose base address is the simulator.</param>
public sealed class SimulatorControl(HttpClient client)
{
    private const int Page = 100_000;

    /// <summary>All keys it knows, by label.</summary>
    public Task<IReadOnlyList<SimulatedKey>> KeysAsync() => ReadAsync<IReadOnlyList<SimulatedKey>>("/control/keys");

    /// <summary>The first key that is not made to fail.</summary>
    public async Task<SimulatedKey> HealthyKeyAsync() => (await KeysAsync().ConfigureAwait(false)).First(key => key.Behaviour is null);

    /// <summary>All projects that have keys.</summary>
    public Task<IReadOnlyList<ProjectView>> ProjectsAsync() => ReadAsync<IReadOnlyList<ProjectView>>("/control/projects");

    /// <summary>The seeded keys as lines <c>key,label,project</c>, as an import takes them.</summary>
    /// <param name="count">How many; null for as many as the simulator started with.</param>
    public Task<string> SeedKeysAsync(int? count = null) => client.GetStringAsync(count is null ? "/control/seed-keys" : $"/control/seed-keys?count={count}");

    /// <summary>Adds or replaces a key.</summary>
    public Task PutKeyAsync(SimulatedKey key) => SendAsync(client.PutAsJsonAsync("/control/keys", key));

    /// <summary>Makes it forget a key.</summary>
    public Task RemoveKeyAsync(SimulatedKey key) => SendAsync(client.PostAsJsonAsync("/control/keys/remove", key));

    /// <summary>The scripts in force, oldest first, with what is left of their times.</summary>
    public Task<IReadOnlyList<Script>> ScriptsAsync() => ReadAsync<IReadOnlyList<Script>>("/control/scripts");

    /// <summary>Adds a script; later ones win.</summary>
    public Task ScriptAsync(Script script) => SendAsync(client.PostAsJsonAsync("/control/scripts", script));

    /// <summary>Removes scripts.</summary>
    /// <param name="key">Only those of this key; null for all.</param>
    public Task ClearScriptsAsync(string? key = null) => SendAsync(client.DeleteAsync(key is null ? "/control/scripts" : "/control/scripts?key=" + Uri.EscapeDataString(key)));

    /// <summary>Lets <c>[sim:BEHAVIOUR]</c> in a request's text script that request, or no longer.</summary>
    public Task MarkersAsync(bool enabled) => SendAsync(client.PutAsJsonAsync("/control/markers", new MarkerSetting(enabled)));

    /// <summary>Limits and use, pair by pair.</summary>
    public Task<IReadOnlyList<QuotaView>> QuotasAsync() => ReadAsync<IReadOnlyList<QuotaView>>("/control/quotas");

    /// <summary>Sets or takes away a quota.</summary>
    public Task QuotaAsync(string project, string model, QuotaLimits? limits) => SendAsync(client.PutAsJsonAsync("/control/quotas", new QuotaSetting(project, model, limits)));

    /// <summary>Its clock.</summary>
    public Task<ClockSetting> ClockAsync() => ReadAsync<ClockSetting>("/control/clock");

    /// <summary>Moves its clock ahead of the system's.</summary>
    public Task ShiftClockAsync(TimeSpan shift) => SendAsync(client.PutAsJsonAsync("/control/clock", new ClockSetting(shift.TotalSeconds)));

    /// <summary>Calls after a number, oldest first.</summary>
    public Task<IReadOnlyList<Call>> LedgerAsync(long after = 0) => ReadAsync<IReadOnlyList<Call>>($"/control/ledger?after={after}&limit={Page}");

    /// <summary>The ledger's sums.</summary>
    public Task<LedgerSummary> SummaryAsync() => ReadAsync<LedgerSummary>("/control/ledger/summary");

    /// <summary>The ledger's sums once no call is open any more: the simulator learns of a caller that hung up a moment later.</summary>
    /// <param name="within">The most time.</param>
    /// <exception cref="TimeoutException">A call stayed open.</exception>
    public Task<LedgerSummary> SettledAsync(TimeSpan within) => Eventually.ValueAsync(
        async () => await SummaryAsync().ConfigureAwait(false) is { Open: 0 } summary ? summary : null,
        within,
        "a ledger without open calls");

    /// <summary>Clears ledger, scripts, quotas and clock.</summary>
    /// <param name="withKeys">Whether the seeded keys come back and others go.</param>
    public Task ResetAsync(bool withKeys = false) => SendAsync(client.PostAsync(withKeys ? "/control/reset?withKeys=true" : "/control/reset", null));

    private async Task<T> ReadAsync<T>(string path) => (await client.GetFromJsonAsync<T>(path).ConfigureAwait(false))!;

    private static async Task SendAsync(Task<HttpResponseMessage> sent)
    {
        using var response = await sent.ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"The simulator refused: {await response.Content.ReadAsStringAsync().ConfigureAwait(false)}");
        }
    }
}
