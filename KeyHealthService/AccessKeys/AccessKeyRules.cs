using System.Globalization;
using GeminiBalance.Contracts;

namespace GeminiBalance.KeyHealthService.AccessKeys;

/// <summary>Why the terms of an access key are refused: a word for programs, and a sentence that names the field and its range.</summary>
internal sealed record TermsRefusal(string Code, string Detail);

/// <summary>Checks what an operator sets. Pure.</summary>
internal static class AccessKeyRules
{
    private const int LongestName = 100;
    private const int LongestNote = 1000;
    private const int MostTags = 20;
    private const int LongestTag = 50;
    private const int MostModels = 100;
    private const int LongestModel = 128;
    private const int MostAddresses = 100;
    private const int MostRequests = 1_000_000_000;
    private const long MostTokens = 1_000_000_000_000;
    private const int MostConcurrent = 100_000;
    private const decimal LeastCost = 0.0001m;
    private const decimal MostCost = 1_000_000;

    /// <summary>Brings terms into their stored form.</summary>
    /// <param name="given">As the operator gave them.</param>
    /// <param name="now">The clock.</param>
    /// <param name="terms">Trimmed, lists without duplicates, empty ones null; only when nothing is refused.</param>
    /// <returns>Why they are refused; null when they are not.</returns>
    public static TermsRefusal? Check(AccessKeyTerms given, DateTimeOffset now, out AccessKeyTerms terms)
    {
        terms = given with
        {
            Name = given.Name?.Trim() ?? "",
            ExpiresAt = given.ExpiresAt?.ToUniversalTime(),
            Owner = Text(given.Owner),
            Note = Text(given.Note),
            Tags = List(given.Tags),
            Models = List(given.Models),
            Addresses = List(given.Addresses),
            Limits = given.Limits == new AccessKeyLimits() ? null : given.Limits,
        };
        if (terms.Name.Length is < 1 or > LongestName || terms.Name.Any(char.IsControl))
        {
            return new("invalid_name", $"The name must have from 1 to {LongestName} characters, and no control characters.");
        }

        if (terms.ExpiresAt <= now)
        {
            return new("invalid_expires_at", "The time of expiry must lie in the future.");
        }

        if (terms.Owner is { } owner && (owner.Length > LongestName || owner.Any(char.IsControl)))
        {
            return new("invalid_owner", $"The owner may have up to {LongestName} characters, and no control characters.");
        }

        if (terms.Note is { } note && (note.Length > LongestNote || note.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'))))
        {
            return new("invalid_note", $"The note may have up to {LongestNote} characters, and no control characters.");
        }

        if (terms.Tags is { } tags && (tags.Count > MostTags || tags.Any(tag => tag.Length > LongestTag || tag.Any(char.IsControl))))
        {
            return new("invalid_tags", $"There may be up to {MostTags} tags of up to {LongestTag} characters each.");
        }

        if (terms.Models is { } models && (models.Count > MostModels || models.Any(model => !IsModelPattern(model))))
        {
            return new("invalid_models", $"There may be up to {MostModels} models, each a name such as gemini-2.5-flash, or the beginning of names followed by *.");
        }

        if (terms.Addresses is { } addresses)
        {
            if (addresses.Count > MostAddresses || addresses.Any(address => AllowedAddress.Parse(address) is null))
            {
                return new("invalid_addresses", $"There may be up to {MostAddresses} addresses, each an IP address or a network such as 10.0.0.0/8 or 2001:db8::/32, written out in full.");
            }

            terms = terms with { Addresses = List([.. addresses.Select(address => AllowedAddress.Parse(address)!)]) };
        }

        return terms.Limits is { } limits ? Check(limits) : null;
    }

    private static TermsRefusal? Check(AccessKeyLimits limits)
    {
        (string Name, decimal? Value, decimal Most)[] given =
        [
            ("requestsPerMinute", limits.RequestsPerMinute, MostRequests),
            ("tokensPerMinute", limits.TokensPerMinute, MostTokens),
            ("requestsPerDay", limits.RequestsPerDay, MostRequests),
            ("tokensPerDay", limits.TokensPerDay, MostTokens),
            ("tokensPerMonth", limits.TokensPerMonth, MostTokens),
            ("concurrency", limits.Concurrency, MostConcurrent),
        ];
        foreach (var (name, value, most) in given)
        {
            if (value < 1 || value > most)
            {
                return new("invalid_limits", string.Create(CultureInfo.InvariantCulture, $"The limit {name} must be from 1 to {most}; leave it out to have none."));
            }
        }

        foreach (var (name, value) in ((string, decimal?)[])[("costPerDay", limits.CostPerDay), ("costPerMonth", limits.CostPerMonth)])
        {
            if (value < LeastCost || value > MostCost)
            {
                return new("invalid_limits", string.Create(CultureInfo.InvariantCulture, $"The limit {name} must be from {LeastCost} to {MostCost} US dollars; leave it out to have none."));
            }
        }

        return null;
    }

    private static bool IsModelPattern(string model)
    {
        var name = model.EndsWith('*') ? model[..^1] : model;
        return model.Length <= LongestModel && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '/' or ':');
    }

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static string[]? List(IReadOnlyList<string>? given)
    {
        var list = given?.Select(item => item?.Trim() ?? "").Where(item => item.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        return list is { Length: > 0 } ? list : null;
    }
}
