using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace GeminiBalance.ServiceDefaults.Storage;

/// <summary>Asks a PostgreSQL database for an answer, once: a probe that retries tells the truth a minute late.</summary>
/// <param name="open">Opens a connection.</param>
internal sealed class PostgresCheck(Func<CancellationToken, ValueTask<NpgsqlConnection>> open) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            await using var connection = await open(limit.Token).ConfigureAwait(false);
            await using var command = new NpgsqlCommand("select 1", connection);
            await command.ExecuteScalarAsync(limit.Token).ConfigureAwait(false);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is NpgsqlException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "PostgreSQL does not answer.");
        }
    }
}
