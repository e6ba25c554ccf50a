using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Settings;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.KeyHealthService.Endpoints;

/// <summary>The internal API over the gateway's settings.</summary>
internal static class SettingsEndpoints
{
    public static void MapSettings(this IEndpointRouteBuilder app)
    {
        var settings = app.MapGroup("/settings");
        settings.MapGet("", async (SettingsDesk desk, SettingsReplicas replicas, CancellationToken cancellation) =>
            TypedResults.Ok(SettingsViews.All(await desk.ReadAsync(cancellation), await replicas.ReadAsync(cancellation))));
        settings.MapPost("/replicas", HearAsync);
        settings.MapGet("/published", PublishedAsync);
        settings.MapGet("/versions", async (SettingsDesk desk, CancellationToken cancellation) => TypedResults.Ok((await desk.VersionsAsync(cancellation)).Reverse().Select(SettingsViews.Shown).ToArray()));
        settings.MapGet("/versions/{version:long}/diff", DiffAsync);
        settings.MapGet("/{name}", FindAsync);
        settings.MapPut("", ChangeAsync);
        settings.MapPost("/rollback", RollBackAsync);
    }

    private static async Task<IResult> PublishedAsync(SettingsDesk desk, CancellationToken cancellation, string? known = null)
    {
        _ = Guid.TryParse(known, out var revision);
        return await desk.PublishedAsync(revision, cancellation) is { } now ? TypedResults.Ok(now) : TypedResults.NoContent();
    }

    /// <summary>A replica says what holds there, and what its own command line, environment and files say.</summary>
    private static async Task<IResult> HearAsync(SettingsReport report, SettingsReplicas replicas, CancellationToken cancellation)
    {
        if (!SettingsReplicas.IsSound(report))
        {
            return ProblemResponses.Problem(StatusCodes.Status400BadRequest, "invalid_report", "service, replica and beneath must be given, and every layer its name, value and source.");
        }

        await replicas.HearAsync(report, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> FindAsync(string name, SettingsDesk desk, SettingsReplicas replicas, CancellationToken cancellation) =>
        SettingCatalogue.Find(name) is var (definition, written)
            ? TypedResults.Ok(SettingsViews.One(definition, written, await desk.ReadAsync(cancellation), await replicas.ReadAsync(cancellation)))
            : Missing(name);

    /// <summary>From the settings of a version to those of now, or of another version.</summary>
    private static async Task<IResult> DiffAsync(long version, SettingsDesk desk, CancellationToken cancellation, string? to = null)
    {
        var versions = await desk.VersionsAsync(cancellation);
        long until = versions.Count;
        if (version < 0 || version > versions.Count || (to is not null && (!long.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out until) || until > versions.Count)))
        {
            return NoVersion(versions.Count);
        }

        return TypedResults.Ok(SettingsRules.Difference(SettingsDesk.ValuesAt(versions, version), SettingsDesk.ValuesAt(versions, until)).Select(SettingsViews.Shown).ToArray());
    }

    private static async Task<IResult> ChangeAsync(ChangeSettings change, SettingsDesk desk, SettingsReplicas replicas, HttpContext context, CancellationToken cancellation)
    {
        if (change.Values is not { Count: > 0 })
        {
            return ProblemResponses.Problem(StatusCodes.Status400BadRequest, "invalid_settings", "values must name at least one setting.");
        }

        var outcome = await desk.ChangeAsync(change.Version, change.Values, context.Actor(), cancellation);
        return outcome.IsStale ? Conflict(change.Values, outcome.Settings) : await AnswerAsync(outcome, replicas, cancellation);
    }

    private static async Task<IResult> RollBackAsync(RollbackSettings rollback, SettingsDesk desk, SettingsReplicas replicas, HttpContext context, CancellationToken cancellation)
    {
        if (await desk.RollBackAsync(rollback.To, rollback.Version, context.Actor(), cancellation) is not { } outcome)
        {
            return NoVersion((await desk.ReadAsync(cancellation)).Version);
        }

        return outcome.IsStale
            ? Conflict(SettingsRules.Difference(outcome.Settings.Values, SettingsDesk.ValuesAt(await desk.VersionsAsync(cancellation), rollback.To)), outcome.Settings.Version)
            : await AnswerAsync(outcome, replicas, cancellation);
    }

    private static async Task<IResult> AnswerAsync(SettingsOutcome outcome, SettingsReplicas replicas, CancellationToken cancellation) => outcome.Refusal is { } refusal
        ? ProblemResponses.Problem(StatusCodes.Status400BadRequest, refusal.Code, refusal.Detail)
        : TypedResults.Ok(SettingsViews.All(outcome.Settings, await replicas.ReadAsync(cancellation)));

    /// <summary>The answer to a change that came too late, with both values of each setting.</summary>
    internal static IResult Conflict(IReadOnlyDictionary<string, string?> asked, GatewaySettings now) => Conflict(
        asked.Select(value => (Found: SettingCatalogue.Find(value.Key), value.Key, value.Value))
            .Select(value => new SettingChange(
                value.Found?.Name ?? value.Key,
                now.Values.GetValueOrDefault(value.Found?.Name ?? value.Key),
                value.Value is null ? null : value.Found?.Definition.Show(value.Value) ?? value.Value)),
        now.Version);

    private static IResult Conflict(IEnumerable<SettingChange> both, long version) => TypedResults.Problem(
        "Somebody else changed settings meanwhile; 'current' has their values now beside those asked for.",
        statusCode: StatusCodes.Status409Conflict,
        extensions: new Dictionary<string, object?> { ["code"] = "conflict", ["version"] = version, ["current"] = both.Select(SettingsViews.Shown).ToArray() });

    private static IResult Missing(string name) =>
        ProblemResponses.Problem(StatusCodes.Status404NotFound, "setting_not_found", $"There is no setting called '{(name.Length <= 100 ? name : name[..100])}'.");

    private static IResult NoVersion(long newest) =>
        ProblemResponses.Problem(StatusCodes.Status404NotFound, "version_not_found", string.Create(CultureInfo.InvariantCulture, $"Versions are 0 to {newest}."));
}
