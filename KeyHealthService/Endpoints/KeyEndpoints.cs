using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Probing;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.KeyHealthService.Endpoints;

/// <summary>The internal API over keys.</summary>
internal static class KeyEndpoints
{
    private const int LongestText = 200;
    private const int LargestPage = 200;
    private const int MostChecks = 10_000;
    private const int MostTags = 20;
    private const int LongestTag = 50;

    public static void MapKeys(this IEndpointRouteBuilder keys)
    {
        keys.MapGet("", ListAsync);
        keys.MapGet("/summary", async (KeyList list, CancellationToken cancellation) => TypedResults.Ok(await list.SummaryAsync(cancellation)));
        keys.MapPost("/checks", CheckManyAsync);
        keys.MapGet("/{id:guid}", async (Guid id, KeyList list, CancellationToken cancellation) => Found(await list.FindAsync(id, cancellation)));
        keys.MapGet("/{id:guid}/timeline", async (Guid id, KeyTimeline timeline, CancellationToken cancellation) => Found(await timeline.ReadAsync(id, cancellation)));
        keys.MapPatch("/{id:guid}", EditAsync);
        keys.MapDelete("/{id:guid}", RemoveAsync);
        keys.MapPost("/{id:guid}/check", CheckAsync);
        keys.MapPost("/{id:guid}/enable", (Guid id, Desk desk, HttpContext context, CancellationToken cancellation) =>
            desk.ChangeAsync(id, (key, now) => KeyDecider.Enable(key, context.Actor(), now), cancellation));
        keys.MapPost("/{id:guid}/undo", UndoAsync);
        keys.MapPost("/{id:guid}/disable", (Guid id, Desk desk, HttpContext context, CancellationToken cancellation) =>
            desk.ChangeAsync(id, (key, now) => KeyDecider.Disable(key, context.Actor(), now), cancellation));
    }

    private static async Task<IResult> ListAsync(KeyList list, CancellationToken cancellation, string? status = null, string? q = null, string? after = null, string? limit = null)
    {
        var statuses = new HashSet<KeyStatus>();
        foreach (var word in (status ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!char.IsAsciiLetter(word[0]) || !Enum.TryParse<KeyStatus>(word, ignoreCase: true, out var known))
            {
                return Bad("invalid_status", $"The query's status must be one or more of {string.Join(", ", Enum.GetNames<KeyStatus>())}, separated by commas.");
            }

            statuses.Add(known);
        }

        var size = 50;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > LargestPage))
        {
            return Bad("invalid_limit", $"The query's limit must be a number from 1 to {LargestPage}.");
        }

        var last = Guid.Empty;
        if (!string.IsNullOrEmpty(after) && !Guid.TryParse(after, out last))
        {
            return Bad("invalid_after", "The query's after must be the next of an earlier page.");
        }

        if (q is { Length: > LongestText } || q?.Contains('\0', StringComparison.Ordinal) == true)
        {
            return Bad("invalid_q", $"The query's q must have at most {LongestText} characters.");
        }

        var filter = new KeyFilter(statuses, string.IsNullOrWhiteSpace(q) ? null : q.Trim(), last == Guid.Empty ? null : last, size);
        return TypedResults.Ok(await list.PageAsync(filter, cancellation));
    }

    private static async Task<IResult> EditAsync(Guid id, EditKey edit, Desk desk, PoolList pools, HttpContext context, CancellationToken cancellation)
    {
        if (edit.Weight is < 1 or > 1000)
        {
            return Bad("invalid_weight", "The weight must be from 1 to 1000.");
        }

        if (edit.Priority is < 0 or > 100)
        {
            return Bad("invalid_priority", "The priority must be from 0 to 100.");
        }

        if (edit.Tags is { } tags && (tags.Count > MostTags || tags.Any(tag => tag is null or { Length: > LongestTag } || tag.Contains(',', StringComparison.Ordinal) || tag.Any(char.IsControl))))
        {
            return Bad("invalid_tags", $"At most {MostTags} tags of at most {LongestTag} characters are taken, without commas and control characters.");
        }

        if (edit.Tier is { } tier && !Enum.IsDefined(tier))
        {
            return Bad("invalid_tier", "The tier must be Free or Paid.");
        }

        if (IsBadText(edit.Label))
        {
            return Bad("invalid_label", $"The label must have at most {LongestText} characters, and no control characters.");
        }

        if (IsBadText(edit.Project))
        {
            return Bad("invalid_project", $"The project must have at most {LongestText} characters, and no control characters.");
        }

        return edit is { NewProject: not true, Project: { } project } && !string.IsNullOrWhiteSpace(project) && await pools.FindAsync($"project:{project.Trim()}", cancellation) is null
            ? Bad("unknown_project", "There is no such project: name one that GET /pools lists, or set newProject.")
            : await desk.ChangeAsync(id, (key, now) => KeyDecider.Edit(key, edit, context.Actor(), now), cancellation);
    }

    private static async Task<IResult> RemoveAsync(Guid id, KeyCommands commands, PoolPump pump, HttpContext context, CancellationToken cancellation)
    {
        if (await commands.ExecuteAsync(id, (key, now) => KeyDecider.Remove(key, context.Actor(), now), cancellation) is null)
        {
            return Missing();
        }

        await pump.PublishedAsync(cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> CheckAsync(Guid id, Prober prober, KeyList list, PoolPump pump, CancellationToken cancellation)
    {
        var key = await list.FindAsync(id, cancellation);
        if (key is null or { Status: KeyStatus.Disabled or KeyStatus.Retired })
        {
            return key is null ? Missing() : Conflict("key_disabled", "The key is disabled or retired; enable it first.");
        }

        await prober.ProbeAsync(id, cancellation);
        await pump.PublishedAsync(cancellation);
        return Found(await list.FindAsync(id, cancellation));
    }

    private static async Task<IResult> UndoAsync(Guid id, Desk desk, KeyCommands commands, HttpContext context, CancellationToken cancellation) =>
        await commands.FindAsync(id, cancellation) is { Trail.Count: 0 }
            ? Conflict("nothing_to_undo", "The key has no transition that could be undone.")
            : await desk.ChangeAsync(id, (key, now) => KeyDecider.Undo(key, context.Actor(), now), cancellation);

    private static async Task<IResult> CheckManyAsync(CheckKeys check, ProbeAgenda agenda, ProbeSignal signal, TimeProvider time, CancellationToken cancellation)
    {
        if (check.Ids is { Count: > MostChecks })
        {
            return Bad("too_many_ids", $"At most {MostChecks} keys can be named; leave ids out to check every key.");
        }

        await agenda.AskAsync(check.Ids, time.GetUtcNow(), cancellation);
        signal.Set();
        return TypedResults.Accepted((string?)null);
    }

    /// <summary>Executes a command and answers with the key as operators see it then.</summary>
    internal sealed class Desk(KeyCommands commands, KeyList list, PoolPump pump, ProbeSignal probes)
    {
        public async Task<IResult> ChangeAsync(Guid id, Func<Key, DateTimeOffset, IReadOnlyList<IPoolEvent>> decide, CancellationToken cancellation)
        {
            if (await commands.ExecuteAsync(id, decide, cancellation) is not { } outcome)
            {
                return Missing();
            }

            if (outcome.Happened)
            {
                probes.Set();
                await pump.PublishedAsync(cancellation);
            }

            return Found(await list.FindAsync(id, cancellation));
        }
    }

    private static bool IsBadText(string? text) => text is not null && (text.Length > LongestText || text.Any(char.IsControl));

    private static IResult Found<T>(T? value)
        where T : class => value is null ? Missing() : TypedResults.Ok(value);

    private static IResult Missing() => ProblemResponses.Problem(StatusCodes.Status404NotFound, "key_not_found", "There is no key with this id.");

    private static IResult Bad(string code, string detail) => ProblemResponses.Problem(StatusCodes.Status400BadRequest, code, detail);

    private static IResult Conflict(string code, string detail) => ProblemResponses.Problem(StatusCodes.Status409Conflict, code, detail);
}
