using System.Globalization;
using System.Text.RegularExpressions;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.KeyHealthService.Endpoints;

/// <summary>The internal API over quota pools. A pool is named in the query, because a project's name may hold a slash.</summary>
internal static partial class PoolEndpoints
{
    private const int LongestText = 200;
    private const int LongestModel = 128;
    private const int LargestPage = 200;

    public static void MapPools(this IEndpointRouteBuilder app)
    {
        var pools = app.MapGroup("/pools");
        pools.MapGet("", ListAsync);
        pools.MapGet("/one", async (string? pool, PoolList list, CancellationToken cancellation) => await FoundAsync(list, pool, cancellation));
        pools.MapPut("/project", DescribeAsync);
        pools.MapPut("/limits", LimitAsync);
        pools.MapPost("/reset", ResetAsync);
    }

    private static async Task<IResult> ListAsync(PoolList list, CancellationToken cancellation, string? after = null, string? limit = null)
    {
        var size = 50;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > LargestPage))
        {
            return Bad("invalid_limit", $"The query's limit must be a number from 1 to {LargestPage}.");
        }

        return after?.Contains('\0', StringComparison.Ordinal) == true
            ? Bad("invalid_after", "The query's after must be the next of an earlier page.")
            : TypedResults.Ok(await list.PageAsync(string.IsNullOrEmpty(after) ? null : after, size, cancellation));
    }

    private static async Task<IResult> DescribeAsync(string? pool, EditPool edit, PoolList list, PoolCommands commands, PoolPump pump, HttpContext context, CancellationToken cancellation)
    {
        if (pool?.StartsWith("project:", StringComparison.Ordinal) != true)
        {
            return Bad("invalid_pool", "The query's pool must be a project, as in project:NAME; put the key into one first.");
        }

        var number = string.IsNullOrWhiteSpace(edit.Number) ? edit.Number : Number().Match(edit.Number.Trim()) is { Success: true } match ? $"projects/{match.Groups[1].Value}" : null;
        if (number is null && edit.Number is not null)
        {
            return Bad("invalid_number", "The number must be that of a Google project, as in projects/123456.");
        }

        if (edit.BillingAccount is { } account && (account.Length > LongestText || account.Any(char.IsControl)))
        {
            return Bad("invalid_billing_account", $"The billing account must have at most {LongestText} characters, and no control characters.");
        }

        if (edit.Tier is { } tier && !Enum.IsDefined(tier))
        {
            return Bad("invalid_tier", "The tier must be Free or Paid.");
        }

        if (await list.FindAsync(pool, cancellation) is null)
        {
            return NoPool();
        }

        if (await commands.DescribeAsync(pool["project:".Length..], edit with { Number = number }, context.Actor(), cancellation) is { } other)
        {
            return Bad("overlapping_projects", $"The project {other} has this number already; one Google project is one quota pool.");
        }

        await pump.PublishedAsync(cancellation);
        return await FoundAsync(list, pool, cancellation);
    }

    private static async Task<IResult> LimitAsync(string? pool, SetLimits set, PoolList list, PoolCommands commands, HttpContext context, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(set.Model) || set.Model.Length > LongestModel || set.Model.Any(char.IsControl))
        {
            return Bad("invalid_model", $"The model must have from 1 to {LongestModel} characters; * means every model without limits of its own.");
        }

        foreach (var (name, limit) in ((string, long?)[])[("requestsPerMinute", set.RequestsPerMinute), ("tokensPerMinute", set.TokensPerMinute), ("requestsPerDay", set.RequestsPerDay)])
        {
            if (limit is < 1)
            {
                return Bad("invalid_limit", $"The field {name} must be at least 1; leave it out to have no limit.");
            }
        }

        if (pool is null || await list.FindAsync(pool, cancellation) is null)
        {
            return NoPool();
        }

        await commands.LimitAsync(pool, set with { Model = set.Model.Trim() }, context.Actor(), cancellation);
        return await FoundAsync(list, pool, cancellation);
    }

    private static async Task<IResult> ResetAsync(string? pool, ResetQuota reset, PoolList list, PoolCommands commands, PoolPump pump, HttpContext context, CancellationToken cancellation)
    {
        if (pool is null || await list.FindAsync(pool, cancellation) is null)
        {
            return NoPool();
        }

        if (await commands.ResetAsync(pool, reset.Model, context.Actor(), cancellation))
        {
            await pump.PublishedAsync(cancellation);
        }

        return await FoundAsync(list, pool, cancellation);
    }

    private static async Task<IResult> FoundAsync(PoolList list, string? pool, CancellationToken cancellation) =>
        pool is not null && !pool.Contains('\0', StringComparison.Ordinal) && await list.FindAsync(pool, cancellation) is { } view ? TypedResults.Ok(view) : NoPool();

    private static IResult NoPool() => Bad("unknown_pool", "No key draws from this pool: name one that GET /pools lists, as in project:NAME.");

    private static IResult Bad(string code, string detail) => ProblemResponses.Problem(StatusCodes.Status400BadRequest, code, detail);

    [GeneratedRegex(@"^(?:projects/)?(\d{1,20})$")]
    private static partial Regex Number();
}
