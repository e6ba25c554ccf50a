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
    private const int LongestName = 100;

    public static void MapAccessKeys(this IEndpointRouteBuilder app)
    {
        var keys = app.MapGroup("/access-keys");
        keys.MapGet("", ListAsync);
        keys.MapPost("", CreateAsync);
        keys.MapPost("/{id:guid}/enable", (Guid id, AccessKeyDesk desk, HttpContext context, CancellationToken cancellation) =>
            AnswerAsync(desk, id, (key, now) => AccessKeyDecider.Enable(key, context.Actor(), now), cancellation));
        keys.MapPost("/{id:guid}/disable", (Guid id, AccessKeyDesk desk, HttpContext context, CancellationToken cancellation) =>
            AnswerAsync(desk, id, (key, now) => AccessKeyDecider.Disable(key, context.Actor(), now), cancellation));
        keys.MapDelete("/{id:guid}", async (Guid id, AccessKeyDesk desk, HttpContext context, CancellationToken cancellation) =>
            await desk.ChangeAsync(id, (key, now) => AccessKeyDecider.Remove(key, context.Actor(), now), cancellation) is null
                ? Missing()
                : TypedResults.NoContent());
    }

    private static async Task<IResult> ListAsync(IDocumentStore store, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        var keys = await session.Query<AccessKey>().ToListAsync(cancellation);
        return TypedResults.Ok(keys.OrderByDescending(key => key.Id).Select(key => key.View).ToArray());
    }

    private static async Task<IResult> CreateAsync(CreateAccessKey create, IDocumentStore store, PoolPump pump, TimeProvider time, HttpContext context, CancellationToken cancellation)
    {
        var name = create.Name?.Trim();
        var now = time.GetUtcNow();
        if (name is null or { Length: < 1 or > LongestName } || name.Any(char.IsControl))
        {
            return ProblemResponses.Problem(StatusCodes.Status400BadRequest, "invalid_name", $"The name must have from 1 to {LongestName} characters, and no control characters.");
        }

        if (create.ExpiresAt <= now)
        {
            return ProblemResponses.Problem(StatusCodes.Status400BadRequest, "invalid_expires_at", "The time of expiry must lie in the future.");
        }

        var key = AccessKeyFormat.Generate();
        var created = new AccessKeyCreated(
            Guid.CreateVersion7(now), name, AccessKeyFormat.DisplayPrefix(key), AccessKeyFormat.Hash(key.Reveal()), create.ExpiresAt?.ToUniversalTime(), context.Actor(), now);
        await using (var session = store.LightweightSession())
        {
            session.Events.StartStream(created.AccessKeyId, created);
            await session.SaveChangesAsync(cancellation);
        }

        var position = await pump.PublishedAsync(cancellation);
        return TypedResults.Created(
            $"/access-keys/{created.AccessKeyId}",
            new CreatedAccessKey(AccessKey.After(null, created)!.View, key.Reveal(), position.Epoch, position.Sequence));
    }

    private static async Task<IResult> AnswerAsync(
        AccessKeyDesk desk, Guid id, Func<AccessKey, DateTimeOffset, IReadOnlyList<IPoolEvent>> decide, CancellationToken cancellation) =>
        await desk.ChangeAsync(id, decide, cancellation) is { Key: { } key } ? TypedResults.Ok(key.View) : Missing();

    private static IResult Missing() => ProblemResponses.Problem(StatusCodes.Status404NotFound, "access_key_not_found", "There is no access key with this id.");
}

/// <summary>What a command made of an access key: null when it was removed.</summary>
internal sealed record AccessKeyOutcome(AccessKey? Key);

/// <summary>Executes commands on access keys.</summary>
internal sealed class AccessKeyDesk(IDocumentStore store, PoolPump pump, TimeProvider time)
{
    /// <summary>Executes a command on the newest state, publishes, and answers with the state after it; null when there is no such access key.</summary>
    public async Task<AccessKeyOutcome?> ChangeAsync(Guid id, Func<AccessKey, DateTimeOffset, IReadOnlyList<IPoolEvent>> decide, CancellationToken cancellation)
    {
        var outcome = await Conflicts.OnceMoreAsync(() => ChangeOnceAsync(id, decide, cancellation));
        if (outcome is not null)
        {
            await pump.PublishedAsync(cancellation);
        }

        return outcome;
    }

    private async Task<AccessKeyOutcome?> ChangeOnceAsync(Guid id, Func<AccessKey, DateTimeOffset, IReadOnlyList<IPoolEvent>> decide, CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        if (await session.LoadAsync<AccessKey>(id, cancellation) is not { } key)
        {
            return null;
        }

        var events = decide(key, time.GetUtcNow());
        if (events.Count > 0)
        {
            session.Events.Append(id, key.Version + events.Count, [.. events]);
            await session.SaveChangesAsync(cancellation);
        }

        return new AccessKeyOutcome(events.Aggregate((AccessKey?)key, (state, e) => AccessKey.After(state, e)));
    }
}
