namespace GeminiBalance.AdminUi.Pages.MyUsage;

/// <summary>What the gateway tells the holder of an access key at <c>GET /v1/usage</c>.</summary>
/// <param name="Name">What the access key is called.</param>
/// <param name="ExpiresAt">When it ends, in seconds since 1970; null when it does not.</param>
/// <param name="Limits">What it may use.</param>
/// <param name="Today">The running day (UTC).</param>
/// <param name="Month">The running month (UTC).</param>
/// <param name="LagSeconds">How old the figures are.</param>
internal sealed record HolderUsage(string Name, long? ExpiresAt, HolderLimits Limits, HolderSums Today, HolderSums Month, double LagSeconds);

/// <summary>What an access key may use; null is without a limit.</summary>
internal sealed record HolderLimits(
    long? RequestsPerMinute, long? TokensPerMinute, long? RequestsPerDay, long? TokensPerDay, long? TokensPerMonth, decimal? CostPerDayUsd, decimal? CostPerMonthUsd, long? Concurrency);

/// <summary>What was used in a range, in all and by model.</summary>
internal sealed record HolderSums(long Requests, long Succeeded, long InputTokens, long OutputTokens, long TotalTokens, decimal? CostUsd, IReadOnlyList<HolderModel> Models);

/// <summary>What was used of one model.</summary>
internal sealed record HolderModel(string Model, long Requests, long InputTokens, long OutputTokens, long TotalTokens, decimal? CostUsd);

/// <summary>What came of asking for a holder's usage.</summary>
internal abstract record HolderAnswer
{
    private HolderAnswer()
    {
    }

    /// <summary>The gateway told it.</summary>
    /// <param name="Usage">The figures.</param>
    public sealed record Read(HolderUsage Usage) : HolderAnswer;

    /// <summary>It is no access key that holds; why is not said.</summary>
    public sealed record Refused : HolderAnswer;

    /// <summary>It holds, but not for calls from where this service is.</summary>
    public sealed record WrongNetwork : HolderAnswer;

    /// <summary>Too many wrong ones from this address.</summary>
    /// <param name="Until">When it may be tried again (UTC).</param>
    public sealed record Locked(DateTimeOffset Until) : HolderAnswer;

    /// <summary>The gateway does not answer, or does not know the figures now.</summary>
    public sealed record Away : HolderAnswer;
}
