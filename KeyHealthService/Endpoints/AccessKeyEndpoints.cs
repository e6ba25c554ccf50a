using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.AccessKeys;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using Marten;

namespace GeminiBalance.KeyHealthService.Endpoints;

/// <summary>The internal API over access keys.</summary>
internal static class AccessKeyEndpoints
{
    private const long LongestOverlapSeconds = 30 * 24 * 60 * 60;
    private const long UsualOverlapSeconds = 24 * 60 * 60;
    private const int LargestPage = 200;
    private const int LongestSearch = 200;

    public static void MapAccessKeys(this IEndpointRouteBuilder app)
    {
        var keys = app.MapGroup("/access-keys");
        keys.MapGet("", ListAsync);
        keys.MapGet("/page", PageAsync);
        keys.MapGet("/{id:guid}", FindAsync);
        keys.MapPost("", CreateAsync);
        keys.MapPut("/{id:guid}", EditAsync);
        keys.MapPost("/{id:guid}/rotate", RotateAsync);
        keys.MapPost("/imports", ImportAsync);
        Map("enable", AccessKeyDecider.Enable);
        Map("disable", AccessKeyDecider.Disable);
        Map("revoke", AccessKeyDecider.Revoke);
        keys.MapDelete("/{id:guid}", async (Guid id, AccessKeyDesk desk, HttpContext context, CancellationToken cancellation) =>
            await desk.ChangeAsync(id, (key, now) => AccessKeyDecider.Remove(key, context.Actor(), now), cancellation) is null
                ? Missing()
                : TypedResults.NoContent());

        void Map(string verb, Func<AccessKey, string, DateTimeOffset, IReadOnlyList<IPoolEvent>> decide) =>
            keys.MapPost($"/{{id:guid}}/{verb}", async (Guid id, AccessKeyDesk desk, HttpContext context, CancellationToken cancellation) =>
                await desk.ChangeAsync(id, (key, now) => decide(key, context.Actor(), now), cancellation) is { Key: { } key } ? TypedResults.Ok(key.View) : Missing());
    }

    private static async Task<IResult> ListAsync(IDocumentStore store, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        var keys = await session.Query<AccessKey>().ToListAsync(cancellation);
        return TypedResults.Ok(keys.OrderByDescending(key => key.Id).Select(key => key.View).ToArray());
    }

    private static async Task<IResult> PageAsync(AccessKeyList list, CancellationToken cancellation, string? q = null, string? after = null, string? limit = null)
    {
        var size = 50;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > LargestPage))
        {
            return Bad(new("invalid_limit", $"The query's limit must be a number from 1 to {LargestPage}."));
        }

        Guid? last = null;
        if (!string.IsNullOrEmpty(after))
        {
            if (!Guid.TryParse(after, out var id))
            {
                return Bad(new("invalid_after", "The query's after must be the next of an earlier page."));
            }

            last = id;
        }

        return q is { Length: > LongestSearch } || q?.Contains('\0', StringComparison.Ordinal) == true
            ? Bad(new("invalid_q", $"The query's q must have at most {LongestSearch} characters."))
            : TypedResults.Ok(await list.PageAsync(string.IsNullOrWhiteSpace(q) ? null : q.Trim(), last, size, cancellation));
    }

    private static async Task<IResult> FindAsync(Guid id, IDocumentStore store, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.LoadAsync<AccessKey>(id, cancellation) is { } key ? TypedResults.Ok(key.View) : Missing();
    }

    private static async Task<IResult> CreateAsync(CreateAccessKey create, AccessKeyDesk desk, TimeProvider time, HttpContext context, CancellationToken cancellation)
    {
        var given = new AccessKeyTerms(create.Name, create.ExpiresAt, create.Owner, create.Note, create.Tags, create.Models, create.Addresses, create.Limits);
        if (AccessKeyRules.Check(given, time.GetUtcNow(), out var terms) is { } refusal)
        {
            return Bad(refusal);
        }

        var key = AccessKeyFormat.Generate();
        var created = await desk.CreateAsync(terms, AccessKeyFormat.DisplayPrefix(key), AccessKeyFormat.Hash(key.Reveal()), context.Actor(), cancellation);
        return TypedResults.Created($"/access-keys/{created.Key!.Id}", Shown(created, key));
    }

    private static CreatedAccessKey Shown(AccessKeyOutcome outcome, Secret key) =>
        new(outcome.Key!.View, key.Reveal(), outcome.Position?.Epoch ?? Guid.Empty, outcome.Position?.Sequence ?? 0);

    private static async Task<IResult> EditAsync(Guid id, EditAccessKey edit, AccessKeyDesk desk, IDocumentStore store, TimeProvider time, HttpContext context, CancellationToken cancellation)
    {
        var given = new AccessKeyTerms(edit.Name, edit.ExpiresAt, edit.Owner, edit.Note, edit.Tags, edit.Models, edit.Addresses, edit.Limits);
        await using var session = store.QuerySession();
        if (await session.LoadAsync<AccessKey>(id, cancellation) is not { } before)
        {
            return Missing();
        }

        // A time of expiry that has passed stays editable, as long as it is not the edit that sets it.
        var now = edit.ExpiresAt?.ToUniversalTime() == before.ExpiresAt ? DateTimeOffset.MinValue : time.GetUtcNow();
        if (AccessKeyRules.Check(given, now, out var terms) is { } refusal)
        {
            return Bad(refusal);
        }

        AccessKey? other = null;
        var outcome = await desk.ChangeAsync(
            id,
            (key, at) =>
            {
                other = key.Version == edit.Version ? null : key;
                return other is null ? AccessKeyDecider.Edit(key, terms, context.Actor(), at) : [];
            },
            cancellation);
        return other is not null ? Conflict(other.View) : outcome?.Key is { } edited ? TypedResults.Ok(edited.View) : Missing();
    }

    private static async Task<IResult> RotateAsync(Guid id, RotateAccessKey rotate, AccessKeyDesk desk, HttpContext context, CancellationToken cancellation)
    {
        var overlap = rotate.OverlapSeconds ?? UsualOverlapSeconds;
        if (overlap is < 0 or > LongestOverlapSeconds)
        {
            return ProblemResponses.Problem(StatusCodes.Status400BadRequest, "invalid_overlap_seconds", $"overlapSeconds must be from 0 to {LongestOverlapSeconds}.");
        }

        var key = AccessKeyFormat.Generate();
        var hash = AccessKeyFormat.Hash(key.Reveal());
        var outcome = await desk.RotateAsync(id, AccessKeyFormat.DisplayPrefix(key), hash, TimeSpan.FromSeconds(overlap), context.Actor(), cancellation);
        if (outcome?.Key is not { } rotated)
        {
            return Missing();
        }

        return rotated.Hash == hash
            ? TypedResults.Ok(Shown(outcome, key))
            : ProblemResponses.Problem(StatusCodes.Status409Conflict, "access_key_revoked", "The access key is revoked: create a new one.");
    }

    private static async Task<IResult> ImportAsync(HttpRequest request, AccessKeyImport import, PoolPump pump, CancellationToken cancellation)
    {
        using var reader = new StreamReader(request.Body);
        var result = await import.ImportAsync(await reader.ReadToEndAsync(cancellation), request.HttpContext.Actor(), cancellation);
        await pump.PublishedAsync(cancellation);
        return TypedResults.Ok(result);
    }

    private static IResult Conflict(AccessKeyView now) => TypedResults.Problem(
        "Somebody else changed the access key meanwhile; 'current' is what it is now.",
        statusCode: StatusCodes.Status409Conflict,
        extensions: new Dictionary<string, object?> { ["code"] = "conflict", ["current"] = now });

    private static IResult Bad(TermsRefusal refusal) => ProblemResponses.Problem(StatusCodes.Status400BadRequest, refusal.Code, refusal.Detail);

    private static IResult Missing() => ProblemResponses.Problem(StatusCodes.Status404NotFound, "access_key_not_found", "There is no access key with this id.");
}
