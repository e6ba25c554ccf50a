using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.Integration.Tests;

/// <summary>Settings on their way from the control plane to every service that applies them, with Redis there.</summary>
public sealed class SettingsTests(GatewayFixture gateway, ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Changes_HoldEverywhereWithinTwoSeconds_AndStandInTheAuditLog()
    {
        await Eventually.TrueAsync(async () => (await ReadAsync()).Replicas!.Select(replica => replica.Service).Distinct().Order().SequenceEqual(["keyhealth", "proxy", "stats"]), Patience, "every service tells of its settings");
        var times = new List<double>();
        for (var i = 1; i <= 5; i++)
        {
            var clock = Stopwatch.GetTimestamp();
            var version = await ChangeAsync(new() { ["Gemini:IdleTimeoutSeconds"] = (120 + i).ToString(CultureInfo.InvariantCulture), ["Retention:RequestDays"] = (200 + i).ToString(CultureInfo.InvariantCulture), ["Probing:Concurrency"] = (4 + i).ToString(CultureInfo.InvariantCulture) });
            await Eventually.TrueAsync(async () => (await ReadAsync()).Replicas!.All(replica => replica.Version >= version), Patience, $"version {version} everywhere");
            times.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
        }

        times.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A change held in all services after {times[0]:0} to {times[^1]:0} ms, {times[2]:0} ms in the middle."));
        Assert.True(times[2] < 2000, string.Join(", ", times));

        var now = await ReadAsync();
        Assert.Equal(("205", "ui"), now.Settings.Where(setting => setting.Name == "Retention:RequestDays").Select(setting => (setting.Effective, setting.Source)).Single());
        Assert.All(now.Replicas!, replica => Assert.Null(replica.Refusal));
        using (var run = await gateway.Stats.PostAsync("/jobs/retention/runs", null, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.Accepted, run.StatusCode);
            await Eventually.TrueAsync(
                async () => await gateway.Stats.GetFromJsonAsync("/jobs/retention", ContractsJson.Default.JobStatus, TestContext.Current.CancellationToken) is { Running: false, Result: { } result }
                    && (result.Contains(Day(-205), StringComparison.Ordinal) || result.Contains(Day(-206), StringComparison.Ordinal)),
                Patience,
                "retention by the new days");
        }

        await ChangeAsync(new() { ["Gemini:IdleTimeoutSeconds"] = null, ["Retention:RequestDays"] = null, ["Probing:Concurrency"] = null });
        await Eventually.TrueAsync(
            async () =>
            {
                var page = await gateway.Stats.GetFromJsonAsync("/stats/audit?area=Settings", ContractsJson.Default.AuditPage, TestContext.Current.CancellationToken);
                return page!.Entries.Any(entry => entry.Change.Before?.GetValueOrDefault("Retention:RequestDays") == "204" && entry.Change.After?.GetValueOrDefault("Retention:RequestDays") == "205");
            },
            Patience,
            "the change in the audit log");
    }

    /// <summary>The day so many days from now; midnight may have passed since.</summary>
    private static string Day(int days) => TimeProvider.System.GetUtcNow().AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private async Task<SettingsView> ReadAsync() => (await gateway.KeyHealth.GetFromJsonAsync("/settings", ContractsJson.Default.SettingsView, TestContext.Current.CancellationToken))!;

    private async Task<long> ChangeAsync(Dictionary<string, string?> values)
    {
        using var response = await gateway.KeyHealth.PutAsJsonAsync("/settings", new ChangeSettings(null, values), ContractsJson.Default.ChangeSettings, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync(ContractsJson.Default.SettingsView, TestContext.Current.CancellationToken))!.Version;
    }
}
