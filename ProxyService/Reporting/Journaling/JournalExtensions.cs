using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>Registers the journal.</summary>
internal static class JournalExtensions
{
    private static readonly TimeSpan WorryingAge = TimeSpan.FromSeconds(30);

    /// <summary>Adds the journal, what keeps it in order, what sends it, and what compares it with the store.</summary>
    public static IServiceCollection AddJournal(this IServiceCollection services)
    {
        services.AddValidatedOptions<JournalOptions>("Journal");
        services.AddSingleton<IValidateOptions<JournalOptions>, JournalOptions>();
        services.AddSingleton<JournalDisk>();
        services.AddSingleton<JournalMetrics>();
        services.AddSingleton<JournalRecovery>();
        services.AddSingleton(provider => new JournalStore(JournalFolder.Claim(provider.GetRequiredService<IOptions<JournalOptions>>().Value.Folder)));
        services.AddSingleton<Journal>();
        services.AddSingleton<IRequestLedger>(provider => provider.GetRequiredService<Journal>());
        services.AddSingleton<PublishBatch>(provider =>
        {
            var bus = provider.GetRequiredService<IBus>();
            return (batch, cancel) => bus.Publish(batch, context => context.MessageId = batch.BatchId, cancel);
        });

        // Started in this order and stopped in the opposite one: the pump empties what the keeper then closes.
        services.AddHostedService<JournalKeeper>();
        services.AddHostedService<JournalAdoption>();
        services.AddSingleton<JournalPump>();
        services.AddHostedService(provider => provider.GetRequiredService<JournalPump>());
        services.AddServiceClient<SegmentsClient>("stats");
        services.AddSingleton<StateSegments>(provider => (stated, cancel) => provider.GetRequiredService<SegmentsClient>().StateAsync(stated, cancel));
        services.AddSingleton<SegmentReconciler>();
        services.AddHostedService(provider =>
        {
            var reconciler = provider.GetRequiredService<SegmentReconciler>();
            var pump = provider.GetRequiredService<JournalPump>();
            provider.GetRequiredService<JournalMetrics>().Watch(provider.GetRequiredService<Journal>(), provider.GetRequiredService<JournalStore>(), () => pump.OldestUnsent.TotalSeconds, () => reconciler.Mismatches);
            return reconciler;
        });
        services.AddHealthChecks().AddCheck<JournalCheck>("journal");
        return services;
    }

    /// <summary>Detail only: a proxy that cannot write or send still serves, for as long as it has room.</summary>
    private sealed class JournalCheck(Journal journal, JournalPump pump) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var age = pump.OldestUnsent;
            if (journal.IsDegraded)
            {
                return Task.FromResult(HealthCheckResult.Degraded($"The journal cannot be written; {journal.Held} request facts are in memory only."));
            }

            return Task.FromResult(age > WorryingAge
                ? HealthCheckResult.Degraded($"{journal.Unsent} request facts wait for the bus, the oldest for {age.TotalSeconds:F0} s.")
                : HealthCheckResult.Healthy($"{journal.Unsent} request facts on their way."));
        }
    }
}
