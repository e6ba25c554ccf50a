using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Requests;

/// <summary>Single requests: <c>GET /stats/requests</c> lists them, <c>GET /stats/requests/{id}</c> tells the story of one, <c>GET /stats/failures</c> the newest that failed.</summary>
internal static class RequestsModule
{
    private const int DefaultLimit = 50;

    private const int MostListed = 500;

    public static IServiceCollection AddRequests(this IServiceCollection services) => services.AddView<RecentFailures>().AddSingleton<RequestQuery>();

    public static RouteGroupBuilder MapRequests(this RouteGroupBuilder stats)
    {
        stats.MapGet("/requests", ListAsync);
        stats.MapGet("/requests/{id:guid}", async (Guid id, RequestQuery query, CancellationToken cancellation) =>
            await query.StoryAsync(id, cancellation).ConfigureAwait(false) is { } story ? TypedResults.Ok(story) : Results.NotFound());
        return stats;
    }

    private static async Task<IResult> ListAsync([AsParameters] Asked asked, RequestQuery query, TimeProvider time, CancellationToken cancellation)
    {
        var (range, problem) = TimeRange.Read(asked.From, asked.To, null, time.GetUtcNow());
        if (range is null)
        {
            return problem!;
        }

        (var scope, problem) = UsageScope.Read(asked.Model, asked.Key, asked.AccessKey, asked.Outcome, asked.Operation);
        if (scope is null)
        {
            return problem!;
        }

        int? status = null;
        if (asked.Status is not null && (status = PageLimit.Read(asked.Status, 0, 599)) is null)
        {
            return BadParameter.Of("status", "must be an HTTP status.");
        }

        if (!Words.TryReadId(asked.After, out var after))
        {
            return BadParameter.Of("after", "must be what an earlier page gave as next.");
        }

        if (PageLimit.Read(asked.Limit, DefaultLimit, MostListed) is not { } limit)
        {
            return PageLimit.Problem(MostListed);
        }

        return await query.PageAsync(new RequestScope(range, scope, status, after), limit, cancellation).ConfigureAwait(false) is { } page
            ? TypedResults.Ok(page)
            : BadParameter.Of("from", "gives more requests than can be searched in time. Choose a shorter range or another filter.");
    }

    /// <summary>The query parameters.</summary>
    internal sealed record Asked(
        string? From, string? To, string? Model, string? Key, string? AccessKey, string? Outcome, string? Operation, string? Status, string? After, string? Limit);
}
