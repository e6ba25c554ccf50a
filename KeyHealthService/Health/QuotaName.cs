using GeminiBalance.Contracts;

namespace GeminiBalance.KeyHealthService.Health;

/// <summary>What the id of an upstream quota says by its parts. Google adds ids without notice; so none is known by heart.</summary>
/// <param name="Metric">What it counts, when that can be told.</param>
/// <param name="Tier">The tier it belongs to, when it says so.</param>
internal readonly record struct QuotaName(QuotaMetric? Metric, KeyTier? Tier)
{
    /// <summary>Reads an id like <c>GenerateContentInputTokensPerModelPerMinute-FreeTier</c>.</summary>
    public static QuotaName Read(string? id)
    {
        if (id is null)
        {
            return default;
        }

        var tokens = Has(id, "Token");
        QuotaMetric? metric = (Has(id, "PerDay"), Has(id, "PerMinute")) switch
        {
            // A quota of searches or uploads says nothing about the model's own.
            _ when Has(id, "Search") || Has(id, "Grounding") || Has(id, "Upload") => null,
            (true, _) => tokens ? QuotaMetric.TokensPerDay : QuotaMetric.RequestsPerDay,
            (_, true) => tokens ? QuotaMetric.TokensPerMinute : QuotaMetric.RequestsPerMinute,
            _ => null,
        };
        KeyTier? tier = Has(id, "FreeTier") ? KeyTier.Free : Has(id, "PaidTier") ? KeyTier.Paid : null;
        return new QuotaName(metric, tier);
    }

    private static bool Has(string id, string part) => id.Replace("_", "", StringComparison.Ordinal).Contains(part, StringComparison.OrdinalIgnoreCase);
}
