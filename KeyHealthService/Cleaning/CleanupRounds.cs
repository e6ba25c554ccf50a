using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace GeminiBalance.KeyHealthService.Cleaning;

/// <summary>Cleans up once an hour, where an operator wants that.</summary>
internal sealed partial class CleanupRounds(KeyCleaner cleaner, TimeProvider time, IOptionsMonitor<CleanupOptions> options, ILogger<CleanupRounds> log) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            // The first round waits too: a service that starts over and over cleans nothing up.
            await Task.Delay(Round, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!options.CurrentValue.Enabled || stoppingToken.IsCancellationRequested)
            {
                continue;
            }

            try
            {
                // Two replicas at once retire a key once: a command decides on the newest state.
                var done = await cleaner.RunAsync(Causers.Cleanup, stoppingToken);
                LogDone(done.Keys, done.Kept);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(e);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Cleanup retired {Retired} dead keys and kept {Kept} because no key could serve.")]
    private partial void LogDone(int retired, int kept);

    [LoggerMessage(2, LogLevel.Error, "The cleanup failed; the next round tries again.")]
    private partial void LogFailed(Exception e);
}

/// <summary>The policy that takes dead keys out of the pool.</summary>
internal static class CleaningExtensions
{
    public static IServiceCollection AddCleaning(this IServiceCollection services)
    {
        services.AddValidatedOptions<CleanupOptions>("Cleanup");
        services.AddSingleton<KeyCleaner>();
        services.AddHostedService<CleanupRounds>();
        return services;
    }
}
