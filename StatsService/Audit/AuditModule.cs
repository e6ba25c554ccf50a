using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Audit;

/// <summary>
/// The audit log, <c>GET /stats/audit</c>, and the part of it about one key or access key: <c>GET /stats/keys/{id}/timeline</c>,
/// <c>GET /stats/access-keys/{id}/timeline</c>.
/// </summary>
internal static class AuditModule
{
    private const int DefaultLimit = 50;

    private const int MostListed = 500;

    public static IServiceCollection AddAudit(this IServiceCollection services) => services
        .AddSingleton(new StoreTable(AuditLog.Table))
        .AddSingleton<AuditStore>()
        .AddSingleton<AuditQuery>();

    public static RouteGroupBuilder MapAudit(this RouteGroupBuilder stats)
    {
        stats.MapGet("/audit", ([AsParameters] Asked asked, AuditQuery query, TimeProvider time, CancellationToken cancellation) =>
            GetAsync(asked, null, query, time, cancellation));
        stats.MapGet("/keys/{id:guid}/timeline", (Guid id, [AsParameters] Asked asked, AuditQuery query, TimeProvider time, CancellationToken cancellation) =>
            GetAsync(asked with { Area = nameof(AuditArea.Keys) }, id, query, time, cancellation));
        stats.MapGet("/access-keys/{id:guid}/timeline", (Guid id, [AsParameters] Asked asked, AuditQuery query, TimeProvider time, CancellationToken cancellation) =>
            GetAsync(asked with { Area = nameof(AuditArea.AccessKeys) }, id, query, time, cancellation));
        return stats;
    }

    private static async Task<IResult> GetAsync(Asked asked, Guid? subjectId, AuditQuery query, TimeProvider time, CancellationToken cancellation)
    {
        AuditArea? area = null;
        if (asked.Area is not null)
        {
            if (!Words.TryRead<AuditArea>(asked.Area, out var word))
            {
                return BadParameter.Of("area", $"must be one of {string.Join(", ", Enum.GetNames<AuditArea>())}.");
            }

            area = word;
        }

        if (!Words.TryReadId(asked.Subject, out var subject))
        {
            return BadParameter.Of("subject", "must be the id of a key or access key.");
        }

        foreach (var (name, text) in (ReadOnlySpan<(string, string?)>)[("kind", asked.Kind), ("actor", asked.Actor)])
        {
            if (text is { Length: > 200 } || text?.Contains('\0', StringComparison.Ordinal) == true)
            {
                return BadParameter.Of(name, "must be a text of at most 200 characters.");
            }
        }

        AuditPlace? after = null;
        if (asked.After is not null)
        {
            if (!AuditPlace.TryParse(asked.After, out var place))
            {
                return BadParameter.Of("after", "must be what an earlier page gave as next.");
            }

            after = place;
        }

        if (PageLimit.Read(asked.Limit, DefaultLimit, MostListed) is not { } limit)
        {
            return PageLimit.Problem(MostListed);
        }

        TimeRange? range = null;
        if (asked.From is not null || asked.To is not null)
        {
            (range, var problem) = TimeRange.Read(asked.From, asked.To, null, time.GetUtcNow());
            if (range is null)
            {
                return problem!;
            }
        }

        var scope = new AuditScope(area, asked.Kind, subjectId ?? subject, asked.Actor, range?.From, range?.To, after);
        return TypedResults.Ok(await query.PageAsync(scope, limit, cancellation).ConfigureAwait(false));
    }

    /// <summary>The query parameters.</summary>
    internal sealed record Asked(string? Area, string? Kind, string? Subject, string? Actor, string? From, string? To, string? After, string? Limit);
}
