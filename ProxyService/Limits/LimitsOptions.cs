using System.ComponentModel.DataAnnotations;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>Settings of section <c>Limits</c>. Changeable while the gateway runs.</summary>
internal sealed class LimitsOptions
{
    /// <summary>Milliseconds Redis is waited for before a replica decides by its own share of a limit.</summary>
    [Range(1, 60_000, ErrorMessage = "Limits:PatienceMilliseconds must be 1 to 60000.")]
    public int PatienceMilliseconds { get; set; } = 250;

    /// <summary>How many replicas share the limits for as long as Redis has not said it.</summary>
    [Range(1, 10_000, ErrorMessage = "Limits:Replicas must be 1 to 10000.")]
    public int Replicas { get; set; } = 1;
}
