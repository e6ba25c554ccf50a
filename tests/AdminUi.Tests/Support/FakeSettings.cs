using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>The routes of the gateway's settings over versions in memory.</summary>
public sealed class FakeSettings
{
    private static readonly string[] Replicas = ["proxy-1", "proxy-2"];

    private static readonly Dictionary<string, SettingLayer[]> Beneath = new()
    {
        ["Forwarding:CommitAfterSeconds"] = [new(SettingSources.Environment, "5")],
        ["Forwarding:KeepAliveSeconds"] = [new(SettingSources.File, "20", ["proxy-2"])],
        ["Balancing:Strategy"] = [new(SettingSources.Environment, "weighted")],
    };

    /// <summary>Everything that was saved, oldest first.</summary>
    public List<SettingsVersion> Versions { get; } = [];

    /// <summary>Saves as another operator would.</summary>
    public void Save(string by, params (string Name, string? Value)[] values) =>
        Save(by, null, values.Select(value => new SettingChange(value.Name, At(Versions.Count).GetValueOrDefault(value.Name), value.Value)));

    /// <summary>The value of a setting now; null when it is unset.</summary>
    public string? Value(string name) => At(Versions.Count).GetValueOrDefault(name);

    internal void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/settings", View);
        app.MapGet("/settings/versions", () => Versions.AsEnumerable().Reverse().ToArray());
        app.MapGet("/settings/versions/{version:long}/diff", (long version, long? to) => Difference(At(version), At(to ?? Versions.Count)));
        app.MapGet("/settings/{name}", (string name) => View().Settings.FirstOrDefault(setting => setting.Name == name) is { } found ? Results.Ok(found) : Results.NotFound());
        app.MapPut("/settings", (ChangeSettings change, HttpContext context) => Change(change, context.Request.Headers["x-gb-actor"].ToString()));
        app.MapPost("/settings/rollback", (RollbackSettings rollback, HttpContext context) =>
        {
            if (rollback.Version is { } version && version != Versions.Count)
            {
                return Conflict(Difference(At(Versions.Count), At(rollback.To)));
            }

            Save(context.Request.Headers["x-gb-actor"].ToString(), rollback.To, Difference(At(Versions.Count), At(rollback.To)));
            return Results.Ok(View());
        });
    }

    private static SettingChange[] Difference(Dictionary<string, string> before, Dictionary<string, string> after) =>
        [.. before.Keys.Union(after.Keys).Order(StringComparer.Ordinal).Select(name => new SettingChange(name, before.GetValueOrDefault(name), after.GetValueOrDefault(name))).Where(change => change.Before != change.After)];

    private static IResult Conflict(SettingChange[] both) => Results.Problem(
        "Somebody else changed settings meanwhile.",
        statusCode: StatusCodes.Status409Conflict,
        extensions: new Dictionary<string, object?> { ["code"] = "conflict", ["current"] = both });

    private IResult Change(ChangeSettings change, string by)
    {
        var now = At(Versions.Count);
        if (change.Version != Versions.Count)
        {
            return Conflict([.. change.Values.Select(value => new SettingChange(value.Key, now.GetValueOrDefault(value.Key), value.Value))]);
        }

        if (change.Values.GetValueOrDefault("Models:Unknown") == "UseDefault" && !now.ContainsKey("Models:Default"))
        {
            return Results.Problem("Models:Unknown can be UseDefault only while Models:Default is set.", statusCode: StatusCodes.Status400BadRequest, extensions: new Dictionary<string, object?> { ["code"] = "invalid_setting" });
        }

        Save(by, null, change.Values.Select(value => new SettingChange(value.Key, now.GetValueOrDefault(value.Key), value.Value)));
        return Results.Ok(View());
    }

    private void Save(string by, long? rolledBackTo, IEnumerable<SettingChange> changes) =>
        Versions.Add(new SettingsVersion(Versions.Count + 1, TimeProvider.System.GetUtcNow(), by, rolledBackTo, [.. changes]));

    private Dictionary<string, string> At(long version)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var change in Versions.Take((int)version).SelectMany(one => one.Changes))
        {
            values.Remove(change.Name);
            if (change.After is { } after)
            {
                values[change.Name] = after;
            }
        }

        return values;
    }

    private SettingsView View()
    {
        var now = At(Versions.Count);
        return new(Versions.Count, [.. SettingCatalogue.All.SelectMany(definition => definition.IsOpen
            ? now.Keys.Where(name => SettingCatalogue.Find(name)?.Definition == definition).Order(StringComparer.Ordinal).Select(name => One(definition, name))
            : [One(definition, definition.Name)])],
            [.. Replicas.Select(name => new SettingsReplica("proxy", name, TimeProvider.System.GetUtcNow(), Versions.Count)), new SettingsReplica("stats", "stats-1", TimeProvider.System.GetUtcNow(), 0, "Retention:RequestDays must be a whole number.")]);

        SettingView One(SettingDefinition definition, string name)
        {
            var layers = new List<SettingLayer>();
            if (now.TryGetValue(name, out var value))
            {
                layers.Add(new SettingLayer(SettingSources.Ui, value));
            }

            layers.AddRange(Beneath.GetValueOrDefault(name) ?? []);
            layers.Add(new SettingLayer(SettingSources.Default, definition.Default));
            var known = layers[0].Replicas is null;
            return new(
                name, value, definition.Kind.ToString().ToLowerInvariant(), definition.Default, definition.Minimum, definition.Maximum, definition.Choices, definition.Description,
                known ? layers[0].Value : null, known ? layers[0].Source : null, layers, definition.AppliedBy);
        }
    }
}
