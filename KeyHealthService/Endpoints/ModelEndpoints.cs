using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Models;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.KeyHealthService.Endpoints;

/// <summary>The internal API over the model catalogue. What is set for models are settings: a change that comes too late is answered as there.</summary>
internal static class ModelEndpoints
{
    private const int MostRemoved = 1000;

    public static void MapModels(this IEndpointRouteBuilder app)
    {
        var models = app.MapGroup("/models");
        models.MapGet("", async (ModelDesk desk, CancellationToken cancellation) => TypedResults.Ok(await desk.ReadAsync(cancellation)));
        models.MapPost("/sync", SyncAsync);
        models.MapPut("/aliases/{**alias}", AliasAsync);
        models.MapDelete("/aliases/{**alias}", NoAliasAsync);
        models.MapGet("/{name}", FindAsync);
        models.MapPost("/{name}/enable", (string name, ModelDesk desk, HttpContext context, CancellationToken cancellation) => ServeAsync(name, true, desk, context, cancellation));
        models.MapPost("/{name}/disable", (string name, ModelDesk desk, HttpContext context, CancellationToken cancellation) => ServeAsync(name, false, desk, context, cancellation));
        models.MapPut("/{name}/fallbacks", async (string name, SetModelFallbacks set, ModelDesk desk, HttpContext context, CancellationToken cancellation) =>
            await AnswerAsync(name, await desk.FallbacksAsync(name, set, context.Actor(), cancellation), desk, cancellation));
        models.MapPut("/{name}/profile", async (string name, SetModelProfile set, ModelDesk desk, HttpContext context, CancellationToken cancellation) => set.Profile is null
            ? Bad("invalid_profile", "profile must be an object; its fields may be left out.")
            : await AnswerAsync(name, await desk.ProfileAsync(name, set, context.Actor(), cancellation), desk, cancellation));
    }

    private static async Task<IResult> SyncAsync(ModelSync sync, HttpContext context, CancellationToken cancellation, SyncModels? ask = null)
    {
        if (ask?.Remove is { } remove && (remove.Count > MostRemoved || remove.Any(string.IsNullOrEmpty)))
        {
            return Bad("invalid_removal", $"remove must name at most {MostRemoved} models.");
        }

        var outcome = await sync.RunAsync(ask ?? new SyncModels(), context.Actor(), cancellation);
        return outcome switch
        {
            { Problem: { } problem } => ProblemResponses.Problem(problem.Code == "upstream_failed" ? StatusCodes.Status502BadGateway : StatusCodes.Status503ServiceUnavailable, problem.Code, problem.Detail),
            { IsStale: true } => TypedResults.Problem(
                "What differs now is not what was looked at before; 'current' is the difference now. Nothing was changed.",
                statusCode: StatusCodes.Status409Conflict,
                extensions: new Dictionary<string, object?> { ["code"] = "conflict", ["current"] = outcome.Diff }),
            { Refusal: { } refusal } => Bad("invalid_removal", refusal),
            _ => TypedResults.Ok(outcome.Diff),
        };
    }

    private static async Task<IResult> FindAsync(string name, ModelDesk desk, CancellationToken cancellation) =>
        Find(await desk.ReadAsync(cancellation), name) is { } model ? TypedResults.Ok(model) : Missing(name);

    private static async Task<IResult> ServeAsync(string name, bool serve, ModelDesk desk, HttpContext context, CancellationToken cancellation) => VersionOf(context) is var (version, problem) && problem is not null
        ? problem
        : await AnswerAsync(name, await desk.ServeAsync(name, serve, version, context.Actor(), cancellation), desk, cancellation);

    private static async Task<IResult> AliasAsync(string? alias, SetModelAlias set, ModelDesk desk, HttpContext context, CancellationToken cancellation)
    {
        var name = AliasOf(alias);
        var outcome = await desk.AliasAsync(name, set, context.Actor(), cancellation);
        return Refused(outcome) ?? TypedResults.Ok((await desk.ReadAsync(cancellation)).Aliases.FirstOrDefault(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase)));
    }

    private static async Task<IResult> NoAliasAsync(string? alias, ModelDesk desk, HttpContext context, CancellationToken cancellation)
    {
        if (VersionOf(context) is var (version, problem) && problem is not null)
        {
            return problem;
        }

        var outcome = await desk.NoAliasAsync(AliasOf(alias), version, context.Actor(), cancellation);
        return outcome.Settings is null ? ProblemResponses.Problem(StatusCodes.Status404NotFound, "alias_not_found", "There is no such alias.") : Refused(outcome) ?? TypedResults.NoContent();
    }

    private static async Task<IResult> AnswerAsync(string name, ModelOutcome outcome, ModelDesk desk, CancellationToken cancellation) =>
        outcome.Settings is null ? Missing(name) : Refused(outcome) ?? TypedResults.Ok(Find(await desk.ReadAsync(cancellation, also: name), name));

    private static IResult? Refused(ModelOutcome outcome) => outcome.Settings switch
    {
        { IsStale: true } late => SettingsEndpoints.Conflict(outcome.Asked, late.Settings),
        { Refusal: { } refusal } => Bad(refusal.Code, refusal.Detail),
        _ => null,
    };

    private static ModelView? Find(ModelsView view, string name) => view.Models.FirstOrDefault(model => model.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Names of other gateways have slashes in them, which may come escaped.</summary>
    private static string AliasOf(string? alias) => (alias ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static (long? Version, IResult? Problem) VersionOf(HttpContext context) => context.Request.Query["version"].ToString() is not { Length: > 0 } text ? (null, null)
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? (version, null)
        : (null, Bad("invalid_version", "version must be the number that GET /models tells as settingsVersion."));

    private static IResult Missing(string name) =>
        ProblemResponses.Problem(StatusCodes.Status404NotFound, "model_not_found", $"The catalogue has no model '{(name.Length <= 100 ? name : name[..100] + "…")}'.");

    private static IResult Bad(string code, string detail) => ProblemResponses.Problem(StatusCodes.Status400BadRequest, code, detail);
}
