using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Live;

/// <summary>
/// Server-sent events: <c>GET /stats/live</c>, one whenever the views moved on over a request that is wanted, and <c>GET /stats/live/requests</c>,
/// the requests themselves.
/// </summary>
internal static class LiveModule
{
    /// <summary>How long a stream may be silent before a comment says that it is alive.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static IServiceCollection AddLive(this IServiceCollection services) => services
        .AddSingleton<Arrivals>()
        .AddSingleton<RequestTail>()
        .AddSingleton<LiveFeed>()
        .AddHostedService(provider => provider.GetRequiredService<LiveFeed>());

    public static RouteGroupBuilder MapLive(this RouteGroupBuilder stats)
    {
        stats.MapGet("/live", TicksAsync);
        stats.MapGet("/live/requests", RequestsAsync);
        return stats;
    }

    private static async Task<IResult> TicksAsync(
        [AsParameters] Asked asked, HttpContext context, LiveFeed feed, TimeProvider time, ILogger<LiveFeed> logger, IHostApplicationLifetime lifetime)
    {
        var (scope, problem) = UsageScope.Read(asked.Model, asked.Key, asked.AccessKey, asked.Outcome, asked.Operation);
        if (scope is null)
        {
            return problem!;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var subscription = feed.Listen(scope);
        var stream = new EventStream(context, time, logger, ending.Token);
        var there = await stream.OpenAsync().ConfigureAwait(false);
        while (there && !ending.IsCancellationRequested)
        {
            there = await NextAsync(subscription, time, ending.Token).ConfigureAwait(false) is { } tick
                ? await stream.SendAsync("tick", [(null, tick)], ContractsJson.Default.LiveTick).ConfigureAwait(false)
                : await stream.BeatAsync().ConfigureAwait(false);
        }

        return Results.Empty;
    }

    private static async Task<IResult> RequestsAsync(
        [AsParameters] AskedRequests asked, HttpContext context, LiveFeed feed, RequestTail tail, TimeProvider time, ILogger<LiveFeed> logger, IHostApplicationLifetime lifetime)
    {
        var (scope, problem) = UsageScope.Read(asked.Model, asked.Key, asked.AccessKey, asked.Outcome, asked.Operation);
        if (scope is null)
        {
            return problem!;
        }

        long? position = null;
        if ((asked.After ?? context.Request.Headers["Last-Event-ID"].FirstOrDefault(id => id?.Length > 0)) is { } after)
        {
            if (!long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var read))
            {
                return BadParameter.Of(asked.After is null ? "Last-Event-ID" : "after", "must be the id of an event of this feed.");
            }

            position = read;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);

        // Of everything: a position that waits for what is wanted would seem to be ever further behind.
        using var subscription = feed.Listen(new UsageScope());
        var stream = new EventStream(context, time, logger, ending.Token);
        var there = await stream.OpenAsync().ConfigureAwait(false);
        while (there && !ending.IsCancellationRequested)
        {
            if (await NextAsync(subscription, time, ending.Token).ConfigureAwait(false) is not { } tick)
            {
                there = await stream.BeatAsync().ConfigureAwait(false);
                continue;
            }

            // An id from before a restore may lie beyond all there is.
            position = Math.Min(position ?? tick.Position, tick.Position);
            try
            {
                (position, there) = await CatchUpAsync(stream, tail, scope, position.Value, tick.Position, ending.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is Npgsql.NpgsqlException || (e is OperationCanceledException && ending.IsCancellationRequested))
            {
                // Who comes again with the last id it got misses nothing.
                there = false;
            }
        }

        return Results.Empty;
    }

    /// <summary>Sends what is wanted up to a position, after saying what is left out.</summary>
    private static async Task<(long Position, bool There)> CatchUpAsync(EventStream stream, RequestTail tail, UsageScope scope, long position, long upTo, CancellationToken ending)
    {
        (position, var missed) = RequestTail.Resume(position, upTo);
        var there = missed == 0 || await stream.SendAsync("skipped", [(position, new LiveSkip(missed))], ContractsJson.Default.LiveSkip).ConfigureAwait(false);
        while (there && position < upTo && !ending.IsCancellationRequested)
        {
            var (requests, reached) = await tail.NextAsync(scope, position, upTo, ending).ConfigureAwait(false);
            position = reached;
            there = requests.Count == 0
                || await stream.SendAsync("request", requests.Select(request => ((long?)request.Position, request.Fact)), ContractsJson.Default.RequestFact).ConfigureAwait(false);
        }

        return (position, there);
    }

    /// <summary>The next tick; null when it is time for a sign of life, or for the end.</summary>
    private static async Task<LiveTick?> NextAsync(LiveFeed.Subscription subscription, TimeProvider time, CancellationToken ending)
    {
        using var silence = new CancellationTokenSource(Heartbeat, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, ending);
        try
        {
            return await subscription.Ticks.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The query parameters.</summary>
    internal sealed record Asked(string? Model, string? Key, string? AccessKey, string? Outcome, string? Operation);

    /// <summary>The query parameters of the tail.</summary>
    internal sealed record AskedRequests(string? Model, string? Key, string? AccessKey, string? Outcome, string? Operation, string? After);
}
