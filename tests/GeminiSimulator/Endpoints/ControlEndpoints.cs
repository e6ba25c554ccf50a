using System.Text;
using GeminiBalance.GeminiSimulator.Keys;
using GeminiBalance.GeminiSimulator.Ledger;
using GeminiBalance.GeminiSimulator.Quotas;
using GeminiBalance.GeminiSimulator.Scripts;
using Microsoft.AspNetCore.Mvc;

namespace GeminiBalance.GeminiSimulator.Endpoints;

/// <summary><c>/control</c>: how a test steers the simulator and reads what was asked of it.</summary>
internal static class ControlEndpoints
{
    private const int MostEntries = 100_000;
    private const double LargestShift = 3650d * 86_400;

    public static void MapControl(this WebApplication app)
    {
        var control = app.MapGroup("/control");
        control.MapKeys();
        control.MapScripts();
        control.MapGet("/quotas", (QuotaBook quotas) => quotas.List());
        control.MapPut("/quotas", (QuotaBook quotas, [FromBody] QuotaSetting setting) => quotas.Set(setting.Project, setting.Model, setting.Limits));
        control.MapGet("/clock", (ShiftedClock clock) => new ClockSetting(clock.Shift.TotalSeconds, clock.GetUtcNow()));
        control.MapPut("/clock", (ShiftedClock clock, [FromBody] ClockSetting setting) =>
        {
            if (!(Math.Abs(setting.ShiftSeconds) <= LargestShift))
            {
                return Results.BadRequest($"The clock can be shifted by at most {LargestShift} seconds.");
            }

            clock.Shift = TimeSpan.FromSeconds(setting.ShiftSeconds);
            return Results.NoContent();
        });
        control.MapGet("/ledger", (CallLedger ledger, long? after, int? limit) => ledger.After(after ?? 0, Math.Clamp(limit ?? 1000, 1, MostEntries)));
        control.MapGet("/ledger/summary", (CallLedger ledger) => ledger.Summary());
        control.MapPost("/reset", (CallLedger ledger, ScriptBook scripts, QuotaBook quotas, ShiftedClock clock, KeyRing keys, bool? withKeys) =>
        {
            ledger.Clear();
            scripts.Clear();
            quotas.Clear();
            clock.Shift = TimeSpan.Zero;
            if (withKeys == true)
            {
                keys.Restore();
            }
        });
    }

    private static void MapKeys(this RouteGroupBuilder control)
    {
        control.MapGet("/keys", (KeyRing keys) => keys.All);
        control.MapGet("/projects", (KeyRing keys) => keys.All.GroupBy(key => key.Project).Select(group => new ProjectView(group.Key, group.Count())).OrderBy(project => project.Project, StringComparer.Ordinal));
        control.MapPut("/keys", (KeyRing keys, [FromBody] SimulatedKey key) =>
        {
            if (string.IsNullOrWhiteSpace(key.Value) || string.IsNullOrWhiteSpace(key.Project) || (key.Behaviour is { } behaviour && !ScriptBook.Knows(behaviour)))
            {
                return Results.BadRequest("A key needs a value, a project, and a known behaviour or null.");
            }

            keys.Put(key);
            return Results.NoContent();
        });
        control.MapPost("/keys/remove", (KeyRing keys, [FromBody] SimulatedKey key) => keys.Remove(key.Value) ? Results.NoContent() : Results.NotFound());
        control.MapGet("/seed-keys", (SimulatorOptions options, int? count) => Results.Text(SeedText(options.Seed, count ?? options.Keys)));
    }

    private static void MapScripts(this RouteGroupBuilder control)
    {
        control.MapGet("/scripts", (ScriptBook scripts) => scripts.List());
        control.MapPost("/scripts", (ScriptBook scripts, [FromBody] Script script) =>
        {
            if (!ScriptBook.Knows(script.Behaviour) || script.Probability is < 0 or > 1 || script.Times is < 1 || script.AfterEvents < 0 || script.DelayMs < 0 || script.GapMs < 0)
            {
                return Results.BadRequest($"A script needs a probability from 0 to 1, a positive number of times, no negative numbers, and one of these behaviours: {string.Join(", ", ScriptBook.Behaviours)}, finish:REASON, replay:NAME of a recorded body.");
            }

            scripts.Add(script);
            return Results.NoContent();
        });
        control.MapDelete("/scripts", (ScriptBook scripts, string? key) => scripts.Clear(key));
        control.MapGet("/markers", (SimulatorOptions options) => new MarkerSetting(options.Markers));
        control.MapPut("/markers", (SimulatorOptions options, [FromBody] MarkerSetting setting) => options.Markers = setting.Enabled);
    }

    private static string SeedText(int seed, int count)
    {
        var text = new StringBuilder();
        foreach (var key in KeyRing.Seeded(seed, Math.Clamp(count, 0, MostEntries)))
        {
            text.Append(key.Value).Append(',').Append(key.Label).Append(',').Append(key.Project).Append('\n');
        }

        return text.ToString();
    }
}

/// <summary>Sets a project's limits for a model.</summary>
/// <param name="Project">The project, or <c>*</c>.</param>
/// <param name="Model">The model, or <c>*</c>.</param>
/// <param name="Limits">The limits; null takes them away.</param>
public sealed record QuotaSetting(string Project, string Model, QuotaLimits? Limits);

/// <summary>Moves the clock.</summary>
/// <param name="ShiftSeconds">Seconds ahead of the system's.</param>
/// <param name="Now">What it shows; only answered.</param>
public sealed record ClockSetting(double ShiftSeconds, DateTimeOffset? Now = null);

/// <summary>Switches markers in the request's text.</summary>
/// <param name="Enabled">Whether they are read.</param>
public sealed record MarkerSetting(bool Enabled);

/// <summary>A project.</summary>
/// <param name="Project">Its name.</param>
/// <param name="Keys">How many keys it has.</param>
public sealed record ProjectView(string Project, int Keys);
