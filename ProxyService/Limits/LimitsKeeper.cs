using System.Text.Json;
using GeminiBalance.ProxyService.KeyPool;
using Polly;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>Keeps prices and the number of replicas current, learns at the start what access keys have spent, and tells what was spent while Redis was away.</summary>
/// <param name="services">Makes a client per call, as typed clients want it.</param>
/// <param name="costs">The prices.</param>
/// <param name="shared">Where replicas announce themselves.</param>
/// <param name="local">Who shares the limits when Redis is away.</param>
/// <param name="limiter">Knows what was let in meanwhile.</param>
/// <param name="memory">What days and months have cost so far.</param>
/// <param name="pool">Knows the access keys.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class LimitsKeeper(IServiceProvider services, ModelCosts costs, RedisLimits shared, LocalLimits local, AccessKeyLimiter limiter, LimitMemory memory, LivePool pool, TimeProvider time, ILogger<LimitsKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(1);
    private const int RoundsPerPrices = 12;
    private readonly HashSet<Guid> learned = [];
    private readonly string replica = Guid.CreateVersion7().ToString("N");

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();

        // Apart: replicas must hear of each other however long the statistics take to answer.
        await Task.WhenAll(AnnounceAsync(stoppingToken), LearnAsync(stoppingToken)).ConfigureAwait(false);
    }

    private Task AnnounceAsync(CancellationToken stoppingToken) => RepeatAsync(
        async _ =>
        {
            if (await shared.AnnounceAsync(replica).ConfigureAwait(false) is { } replicas)
            {
                local.Replicas = replicas;
                limiter.Reconcile();
            }
        },
        stoppingToken);

    private async Task LearnAsync(CancellationToken stoppingToken)
    {
        var read = false;
        await RepeatAsync(
            async round =>
            {
                if (!read || round % RoundsPerPrices == 0)
                {
                    read = await ReadPricesAsync(stoppingToken).ConfigureAwait(false) || read;
                }

                await LearnSpentAsync(stoppingToken).ConfigureAwait(false);
            },
            stoppingToken).ConfigureAwait(false);
    }

    private async Task RepeatAsync(Func<int, Task> act, CancellationToken stoppingToken)
    {
        for (var round = 0; !stoppingToken.IsCancellationRequested; round++)
        {
            try
            {
                await act(round).ConfigureAwait(false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // What was known goes on holding; the next round tries again.
                LogRoundFailed(e);
            }

            await Task.Delay(Round, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What the last requests have used is told before the replica goes; without Redis it goes untold.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(FarewellPatience);
        await shared.TellAsync(patience.Token).ConfigureAwait(false);
    }

    private async Task<bool> ReadPricesAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await services.GetRequiredService<PricesClient>().PricesAsync(cancellationToken).ConfigureAwait(false) is { } table)
            {
                costs.Use(table);
                return true;
            }
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or ExecutionRejectedException or OperationCanceledException)
        {
            LogUnread(e.GetType().Name);
        }

        return false;
    }

    /// <summary>Once for every access key with a budget, when it is first seen: from then on this replica knows by itself.</summary>
    private async Task LearnSpentAsync(CancellationToken cancellationToken)
    {
        if (pool.View is not { } view)
        {
            return;
        }

        var concerned = view.AccessKeys.Keys.Where(key => key.Limits is { } limits && LimitMemory.Concerns(limits)).Select(key => key.Id).ToHashSet();
        if (concerned.IsSubsetOf(learned))
        {
            return;
        }

        try
        {
            var now = time.GetUtcNow();
            var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
            var month = new DateTimeOffset(today.Year, today.Month, 1, 0, 0, 0, TimeSpan.Zero);
            var client = services.GetRequiredService<UsageClient>();
            if (await client.ByAccessKeyAsync(today, today.AddDays(1), cancellationToken).ConfigureAwait(false) is not { } ofDay
                || await client.ByAccessKeyAsync(month, month.AddMonths(1), cancellationToken).ConfigureAwait(false) is not { } ofMonth)
            {
                return;
            }

            var days = ofDay.Rows.Where(row => row.Group is not null).ToDictionary(row => row.Group!, row => row.Counts);
            foreach (var row in ofMonth.Rows)
            {
                if (Guid.TryParse(row.Group, out var key) && concerned.Contains(key) && !learned.Contains(key))
                {
                    var counts = days.GetValueOrDefault(row.Group!);
                    memory.Learn(key, new Spent(
                        0,
                        Spent.DayOf(now),
                        counts is null ? 0 : counts.Succeeded + counts.Failed + counts.Aborted,
                        counts?.TotalTokens ?? 0,
                        Micros(counts?.CostUsd),
                        Spent.MonthOf(now),
                        row.Counts.TotalTokens,
                        Micros(row.Counts.CostUsd)));
                }
            }

            learned.UnionWith(concerned);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or ExecutionRejectedException or OperationCanceledException)
        {
            LogUnread(e.GetType().Name);
        }
    }

    private static long Micros(double? dollars) => (long)((dollars ?? 0) * 1_000_000);

    [LoggerMessage(LogLevel.Error, "Prices, usage and the number of replicas could not be brought up to date; those known stay in use.")]
    private partial void LogRoundFailed(Exception e);

    [LoggerMessage(LogLevel.Debug, "Prices or usage cannot be read: {Reason}.")]
    private partial void LogUnread(string reason);
}
