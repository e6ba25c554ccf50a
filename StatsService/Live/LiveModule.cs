using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.StatsService.Live;

/// <summary><c>GET /stats/live</c>: server-sent events, one whenever the views moved on over a request that is wanted.</summary>
internal static class LiveModule
{
    /// <summary>How long the stream may be silent before a comment says that it is alive.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static IServiceCollection AddLive(this IServiceCollection services) => services
        .AddSingleton<Arrivals>()
        .AddSingleton<LiveFeed>()
        .AddHostedService(provider => provider.GetRequiredService<LiveFeed>());

    public static RouteGroupBuilder MapLive(this RouteGroupBuilder stats)
    {
        stats.MapGet("/live", StreamAsync);
        return stats;
    }

    private static async Task<IResult> StreamAsync(HttpContext context, LiveFeed feed, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        var (filter, problem) = LiveFilter.Read(context.Request.Query);
        if (filter is null)
        {
            return problem!;
        }

        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var subscription = feed.Listen(filter);
        try
        {
            await context.Response.Body.FlushAsync(ending.Token).ConfigureAwait(false);
            while (true)
            {
                await context.Response.WriteAsync(await NextAsync(subscription, time, ending.Token).ConfigureAwait(false), ending.Token).ConfigureAwait(false);
                await context.Response.Body.FlushAsync(ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
        }

        return Results.Empty;
    }

    private static async Task<string> NextAsync(LiveFeed.Subscription subscription, TimeProvider time, CancellationToken ending)
    {
        using var silence = new CancellationTokenSource(Heartbeat, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, ending);
        try
        {
            var tick = await subscription.Ticks.ReadAsync(either.Token).ConfigureAwait(false);
            return $"event: tick\ndata: {JsonSerializer.Serialize(tick, ContractsJson.Default.LiveTick)}\n\n";
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            return ": heartbeat\n\n";
        }
    }
}
