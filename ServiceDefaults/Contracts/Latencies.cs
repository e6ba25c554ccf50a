namespace GeminiBalance.Contracts;

/// <summary>What was measured of requests. All come from histograms whose bounds grow by 10 %, so a quantile is off by at most 5 %. Null where nothing was measured.</summary>
/// <param name="Total">Milliseconds of whole requests.</param>
/// <param name="FirstToken">Milliseconds to the first content of streams.</param>
/// <param name="Overhead">Milliseconds of them that were the gateway's own.</param>
/// <param name="TokensPerSecond">Tokens a second of complete streams, from the first content to the end.</param>
public sealed record LatencyFigures(LatencyQuantiles? Total, LatencyQuantiles? FirstToken, LatencyQuantiles? Overhead, LatencyQuantiles? TokensPerSecond);

/// <summary>Latencies of one bucket.</summary>
/// <param name="At">Start of the bucket (UTC).</param>
/// <param name="Figures">What was measured in it.</param>
public sealed record LatencyBucket(DateTimeOffset At, LatencyFigures Figures);

/// <summary>Latencies of one model.</summary>
/// <param name="Model">The model asked for; null for requests that named none.</param>
/// <param name="Figures">What was measured of it.</param>
public sealed record LatencyOfModel(string? Model, LatencyFigures Figures);

/// <summary>Latencies over a range.</summary>
/// <param name="From">Start of the range (UTC), on a bucket's start.</param>
/// <param name="To">End of the range (UTC), exclusive.</param>
/// <param name="Figures">What was measured in all of it.</param>
/// <param name="Buckets">The range in buckets, oldest first, empty ones included.</param>
/// <param name="Models">The models, most used first.</param>
/// <param name="LagSeconds">How far the views are behind the store.</param>
public sealed record LatencyReport(
    DateTimeOffset From, DateTimeOffset To, LatencyFigures Figures, IReadOnlyList<LatencyBucket> Buckets, IReadOnlyList<LatencyOfModel> Models, double LagSeconds);
