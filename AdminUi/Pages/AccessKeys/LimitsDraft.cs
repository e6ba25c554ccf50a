using System.Globalization;
using GeminiBalance.AdminUi.Components.Shared;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.AccessKeys;

/// <summary>The limits of an access key while an operator writes them; null means not limited.</summary>
public sealed class LimitsDraft
{
    /// <summary>Requests per minute.</summary>
    public int? RequestsPerMinute { get; set; }

    /// <summary>Tokens per minute, prompt and answer together.</summary>
    public long? TokensPerMinute { get; set; }

    /// <summary>Requests per day (UTC).</summary>
    public int? RequestsPerDay { get; set; }

    /// <summary>Token budget per day (UTC).</summary>
    public long? TokensPerDay { get; set; }

    /// <summary>Token budget per month (UTC).</summary>
    public long? TokensPerMonth { get; set; }

    /// <summary>Cost budget per day (UTC) in US dollars.</summary>
    public decimal? CostPerDay { get; set; }

    /// <summary>Cost budget per month (UTC) in US dollars.</summary>
    public decimal? CostPerMonth { get; set; }

    /// <summary>Requests at the same time.</summary>
    public int? Concurrency { get; set; }

    /// <summary>The limits as they stand.</summary>
    /// <param name="limits">The access key's; null means none.</param>
    public static LimitsDraft Of(AccessKeyLimits? limits) => new()
    {
        RequestsPerMinute = limits?.RequestsPerMinute,
        TokensPerMinute = limits?.TokensPerMinute,
        RequestsPerDay = limits?.RequestsPerDay,
        TokensPerDay = limits?.TokensPerDay,
        TokensPerMonth = limits?.TokensPerMonth,
        CostPerDay = limits?.CostPerDay,
        CostPerMonth = limits?.CostPerMonth,
        Concurrency = limits?.Concurrency,
    };

    /// <summary>The limits as the service reads them; null when there are none.</summary>
    public AccessKeyLimits? Limits()
    {
        var limits = new AccessKeyLimits(RequestsPerMinute, TokensPerMinute, RequestsPerDay, TokensPerDay, TokensPerMonth, CostPerDay, CostPerMonth, Concurrency);
        return limits == new AccessKeyLimits() ? null : limits;
    }

    /// <summary>Every limit that is set: the name of its text, and its value in words.</summary>
    /// <param name="limits">The access key's; null means none.</param>
    public static IEnumerable<(string Name, string Value)> Words(AccessKeyLimits? limits)
    {
        foreach (var (name, count) in ((string, long?)[])
        [
            (nameof(RequestsPerMinute), limits?.RequestsPerMinute), (nameof(TokensPerMinute), limits?.TokensPerMinute), (nameof(RequestsPerDay), limits?.RequestsPerDay),
            (nameof(TokensPerDay), limits?.TokensPerDay), (nameof(TokensPerMonth), limits?.TokensPerMonth), (nameof(Concurrency), limits?.Concurrency),
        ])
        {
            if (count is { } given)
            {
                yield return (name, Figures.Compact(given));
            }
        }

        foreach (var (name, cost) in ((string, decimal?)[])[(nameof(CostPerDay), limits?.CostPerDay), (nameof(CostPerMonth), limits?.CostPerMonth)])
        {
            if (cost is { } given)
            {
                yield return (name, "$" + given.ToString("0.####", CultureInfo.CurrentCulture));
            }
        }
    }
}
