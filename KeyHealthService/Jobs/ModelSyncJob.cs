using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Models;
using GeminiBalance.ServiceDefaults.Jobs;

namespace GeminiBalance.KeyHealthService.Jobs;

/// <summary>Brings the model catalogue to what Google lists, once a day. Models that are gone are only marked; an operator takes them out.</summary>
internal sealed class ModelSyncJob(ModelSync sync) : IJob
{
    private static readonly JobSchedule Daily = new JobSchedule.Every(TimeSpan.FromDays(1));

    public string Name => "model-sync";

    public JobSchedule? Schedule => Daily;

    public async Task<string> RunAsync(JobRun run, CancellationToken cancellation)
    {
        var outcome = await sync.RunAsync(new SyncModels(), run.By, cancellation);
        return outcome.Diff is { } diff
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{diff.Listed} models are listed: {diff.Added.Count} new, {diff.Changed.Select(change => change.Model).Distinct().Count()} changed, {diff.Gone.Count} gone, {diff.Returned.Count} back.")
            : throw new JobFailedException(outcome.Problem?.Detail ?? "The upstream gave no list of models.");
    }
}
