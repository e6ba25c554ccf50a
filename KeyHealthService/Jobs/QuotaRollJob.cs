using System.Globalization;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.KeyHealthService.Transitions;
using GeminiBalance.ServiceDefaults.Jobs;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Jobs;

/// <summary>
/// Begins the day of Google's quotas anew at midnight in California: the counts of the day that is over go back to nothing, proxies are told, and what was
/// exhausted until midnight is available again. Nobody depends on it to the second: counts and states carry their end, and are read by it.
/// </summary>
internal sealed class QuotaRollJob(NpgsqlDataSource database, Recovery recovery, TimeProvider time) : IJob
{
    private static readonly JobSchedule AtMidnight = new JobSchedule.Daily(TimeOnly.MinValue, PacificMidnight.Zone);

    public string Name => "quota-roll";

    public JobSchedule? Schedule => AtMidnight;

    public async Task<string> RunAsync(JobRun run, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var (counts, requests) = await QuotaLedger.RollAsync(transaction, now, cancellation);
        await transaction.CommitAsync(cancellation);
        while (await EndedAsync(cancellation) > 0)
        {
        }

        await using var command = database.CreateCommand("select count(*) from keys.mt_doc_quota where status = 'Available' and (data ->> 'since')::timestamptz >= $1");
        command.Parameters.Add(new() { Value = PacificMidnight.Before(now) });
        var available = (long)(await command.ExecuteScalarAsync(cancellation))!;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The quota day {PacificMidnight.DayOf(now):yyyy-MM-dd} runs: {counts} counts of earlier days ({requests} requests) begin anew, {available} quotas became available since midnight in California.");
    }

    private async Task<int> EndedAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await recovery.EndOverdueAsync(cancellation);
            }
            catch (Exception e) when (Conflicts.IsConflict(e))
            {
                // The round of every second, here or on another replica, was faster.
            }
        }
    }
}
