using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GeminiBalance.StatsService.Views;

/// <summary>Settings of section <c>Views</c>.</summary>
internal sealed class ViewsOptions
{
    /// <summary>How old the oldest event may be that a view has not seen, in seconds, before the views count as unhealthy.</summary>
    [Range(1, 3600, ErrorMessage = "Views:MaximumLagSeconds must be from 1 to 3600.")]
    public double MaximumLagSeconds { get; set; } = 15;
}

/// <summary>Whether the views follow the store. Asks for their age, not whether something runs: a stopped view and a stuck leader look the same from outside.</summary>
internal sealed class ViewsHealthCheck(ViewPositions positions, IOptions<ViewsOptions> options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var status = await positions.StatusAsync(cancellationToken).ConfigureAwait(false);
            var behind = status.Views.Where(view => view.Value < status.HighWater).Select(view => view.Key).Order().ToArray();
            var data = new Dictionary<string, object>
            {
                ["highWater"] = status.HighWater,
                ["lagSeconds"] = status.LagSeconds,
                ["leader"] = status.Leader ?? "none",
            };
            return status.LagSeconds <= options.Value.MaximumLagSeconds
                ? HealthCheckResult.Healthy(data: data)
                : HealthCheckResult.Unhealthy(
                    $"The views are {status.LagSeconds:0} s behind the store. Behind: {(behind.Length == 0 ? "all" : string.Join(", ", behind))}.", data: data);
        }
        catch (NpgsqlException)
        {
            return HealthCheckResult.Unhealthy("PostgreSQL does not say where the views stand.");
        }
    }
}
