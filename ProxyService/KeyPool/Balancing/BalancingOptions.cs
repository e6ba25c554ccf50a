using System.ComponentModel.DataAnnotations;

namespace GeminiBalance.ProxyService.KeyPool.Balancing;

/// <summary>Settings of section <c>Balancing</c>. Changeable while the gateway runs.</summary>
internal sealed class BalancingOptions
{
    /// <summary>Name of the strategy that chooses keys.</summary>
    [Required(ErrorMessage = "Balancing:Strategy is not set.")]
    public string Strategy { get; set; } = "adaptive";
}

/// <summary>Settings of section <c>Balancing:Adaptive</c>: what makes a good key. Changeable while the gateway runs.</summary>
internal sealed class AdaptiveOptions
{
    /// <summary>How much the share of successes counts, beside <see cref="LatencyWeight"/>.</summary>
    [Range(0.01, 100, ErrorMessage = "Balancing:Adaptive:SuccessWeight must be 0.01 to 100.")]
    public double SuccessWeight { get; set; } = 0.7;

    /// <summary>How much speed counts.</summary>
    [Range(0, 100, ErrorMessage = "Balancing:Adaptive:LatencyWeight must be 0 to 100.")]
    public double LatencyWeight { get; set; } = 0.3;

    /// <summary>Seconds until the upstream's first byte that count as no speed at all.</summary>
    [Range(0.1, 600, ErrorMessage = "Balancing:Adaptive:LatencyScaleSeconds must be 0.1 to 600.")]
    public double LatencyScaleSeconds { get; set; } = 10;

    /// <summary>The part of its score a key loses right after a failure.</summary>
    [Range(0, 0.99, ErrorMessage = "Balancing:Adaptive:FailurePenalty must be 0 to 0.99.")]
    public double FailurePenalty { get; set; } = 0.5;

    /// <summary>Seconds after which a failure is forgotten.</summary>
    [Range(1, 86400, ErrorMessage = "Balancing:Adaptive:FailurePenaltySeconds must be 1 to 86400.")]
    public double FailurePenaltySeconds { get; set; } = 300;
}
