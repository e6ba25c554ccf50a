using GeminiBalance.AdminUi.Clients;

namespace GeminiBalance.AdminUi.Live;

/// <summary>How fresh the numbers on the pages are.</summary>
/// <param name="Connected">Whether the feed is there.</param>
/// <param name="LagSeconds">How far the views are behind the store; null when not known.</param>
internal sealed record Freshness(bool Connected, double? LagSeconds);

/// <summary>Listens to StatsService once for all open pages, and tells them when to ask again.</summary>
internal sealed partial class LiveFeed(IServiceScopeFactory scopes, TimeProvider time, ILogger<LiveFeed> logger) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    // Something between here and there may drop a connection without a word.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(2);

    /// <summary>The views moved on. Raised as often as the service says so; listeners coalesce.</summary>
    public event Action? Moved;

    /// <summary>Connection or lag changed.</summary>
    public event Action? FreshnessChanged;

    /// <summary>How fresh the numbers are now.</summary>
    public Freshness Freshness { get; private set; } = new(false, null);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            using var connection = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            try
            {
                await ListenAsync(connection);
            }
            catch (Exception e)
            {
                // Whatever it was, the pages want to be told again when the service is back.
                if (Freshness.Connected && !stoppingToken.IsCancellationRequested)
                {
                    LogLost(e.GetType().Name);
                }
            }

            await connection.CancelAsync();
            Set(new Freshness(false, null));
            await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ListenAsync(CancellationTokenSource connection)
    {
        using var scope = scopes.CreateScope();
        var stats = scope.ServiceProvider.GetRequiredService<StatsClient>();
        connection.CancelAfter(LongestSilence);
        var lag = Task.CompletedTask;
        var lastTick = time.GetTimestamp();
        await foreach (var tick in stats.LiveAsync(() => lag = WatchLagAsync(() => time.GetElapsedTime(lastTick), connection.Token), connection.Token))
        {
            lastTick = time.GetTimestamp();
            connection.CancelAfter(LongestSilence);
            Set(new Freshness(true, tick.LagSeconds));
            Moved?.Invoke();
        }

        await connection.CancelAsync();
        await lag;
    }

    /// <summary>Views that stand still send no ticks: then the lag is asked for.</summary>
    private async Task WatchLagAsync(Func<TimeSpan> sinceTick, CancellationToken cancellationToken)
    {
        using var scope = scopes.CreateScope();
        var stats = scope.ServiceProvider.GetRequiredService<StatsClient>();
        Set(new Freshness(true, Freshness.LagSeconds));
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (sinceTick() >= Silence || Freshness.LagSeconds is null)
                {
                    Set(new Freshness(true, (await stats.ProjectionsAsync(cancellationToken)).LagSeconds));
                }
            }
            catch (ServiceCallException)
            {
                Set(new Freshness(true, null));
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(Silence, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Set(Freshness freshness)
    {
        if (freshness != Freshness)
        {
            Freshness = freshness;
            FreshnessChanged?.Invoke();
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The live feed of the statistics was lost ({Reason}); trying again.")]
    private partial void LogLost(string reason);
}

/// <summary>Registers the live feed.</summary>
internal static class LiveModule
{
    public static IServiceCollection AddLiveFeed(this IServiceCollection services)
    {
        services.AddSingleton<LiveFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveFeed>());
        return services;
    }
}
