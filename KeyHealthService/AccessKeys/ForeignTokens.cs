using System.Globalization;
using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.KeyHealthService.AccessKeys;

/// <summary>A client token of another gateway, or the reason why there is none.</summary>
internal sealed record ForeignToken(int Item, Secret? Token, AccessKeyTerms? Terms, bool Enabled, string? Refusal);

/// <summary>
/// Reads client tokens from exports of other gateways. Pure. It knows gemini-balance's settings (<c>ALLOWED_TOKENS</c>, in an environment file or JSON),
/// gpt-load's groups (<c>proxy_keys</c>, separated by commas), Gemini-api-proxy's rows of <c>user_keys</c>, and plain lists.
/// </summary>
internal static class ForeignTokens
{
    private const int Shortest = 8;
    private const int Longest = 256;
    private static readonly string[] ListNames = ["ALLOWED_TOKENS", "proxy_keys", "user_keys"];

    /// <summary>All tokens, in the order they stand in; one refusal when there is not a single one.</summary>
    public static IReadOnlyList<ForeignToken> Read(string text)
    {
        var found = new List<ForeignToken>();
        var skipped = Read(text, found);
        return found.Count > 0 ? found : [new ForeignToken(0, null, null, false, skipped > 0
            ? $"no token was found; lines passed over because they set other variables than {string.Join(", ", ListNames)}: {skipped}"
            : "no token was found")];
    }

    /// <summary>Reads what there is.</summary>
    /// <returns>How many lines were passed over as variables of other names.</returns>
    private static int Read(string text, List<ForeignToken> found)
    {
        var skipped = 0;
        var trimmed = text.TrimStart('\uFEFF').Trim();
        if (trimmed is ['{' or '[', ..] && TryParse(trimmed) is { } document)
        {
            using (document)
            {
                Walk(document.RootElement, found);
            }

            return 0;
        }

        foreach (var line in trimmed.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var split = line.IndexOf('=', StringComparison.Ordinal);
            var name = split > 0 ? line[..split].Replace("export ", "", StringComparison.Ordinal).Trim() : "";
            var isVariable = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !IsPadded(line);
            if (isVariable && !ListNames.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                skipped++;
                continue;
            }

            Values(isVariable ? line[(split + 1)..].Trim().Trim('\'') : line, found);
        }

        return skipped;
    }

    /// <summary>
    /// Whether a line is a token in base64 with its padding, and no variable that is empty: groups of four characters, and either two characters of padding or both
    /// capitals and small letters, which names of variables hardly ever mix. A variable taken for a token would be an access key that everybody can guess.
    /// </summary>
    private static bool IsPadded(string line) =>
        line.Length % 4 == 0 && line.IndexOf('=', StringComparison.Ordinal) is var padding && padding >= line.Length - 2 && line.AsSpan(padding).Trim('=').IsEmpty
        && (padding == line.Length - 2 || (line.Any(char.IsAsciiLetterUpper) && line.Any(char.IsAsciiLetterLower)));

    private static JsonDocument? TryParse(string text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>An escape may stand for half a character, which no text can hold.</summary>
    private static void Walk(JsonElement element, List<ForeignToken> found)
    {
        try
        {
            WalkInto(element, found);
        }
        catch (InvalidOperationException)
        {
            var item = found.Count + 1;
            found.Add(new ForeignToken(item, null, null, true, $"item {item}: it holds half a character"));
        }
    }

    private static void WalkInto(JsonElement element, List<ForeignToken> found)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
            {
                Walk(item, found);
            }
        }
        else if (element.ValueKind == JsonValueKind.String)
        {
            Add(element.GetString()!, null, true, found);
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            if (element.TryGetProperty("key", out var key) && key.ValueKind == JsonValueKind.String && (element.TryGetProperty("rpm_limit", out _) || element.TryGetProperty("name", out _)))
            {
                Add(key.GetString()!, Terms(element), !(element.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Number && status.TryGetInt32(out var on) && on == 0), found);
                return;
            }

            foreach (var field in element.EnumerateObject())
            {
                if (field.Value.ValueKind is JsonValueKind.Object)
                {
                    Walk(field.Value, found);
                }
                else if (ListNames.Contains(field.Name, StringComparer.OrdinalIgnoreCase) && field.Value.ValueKind == JsonValueKind.String)
                {
                    Values(field.Value.GetString()!, found);
                }
                else if (field.Value.ValueKind == JsonValueKind.Array && (ListNames.Contains(field.Name, StringComparer.OrdinalIgnoreCase) || HoldsObjects(field.Value)))
                {
                    Walk(field.Value, found);
                }
            }
        }
    }

    private static bool HoldsObjects(JsonElement list) => list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object);

    private static void Values(string text, List<ForeignToken> found)
    {
        if (text.StartsWith('[') && TryParse(text) is { } document)
        {
            using (document)
            {
                Walk(document.RootElement, found);
            }

            return;
        }

        foreach (var value in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            Add(value.Trim('"'), null, true, found);
        }
    }

    private static void Add(string token, AccessKeyTerms? terms, bool enabled, List<ForeignToken> found)
    {
        var item = found.Count + 1;
        var refusal = token.Length is < Shortest or > Longest ? $"item {item}: a token must have {Shortest} to {Longest} characters"
            : token.Any(c => c is <= ' ' or > '~') ? $"item {item}: a token may hold visible ASCII characters only"
            : token.StartsWith("AIza", StringComparison.Ordinal) ? $"item {item}: this looks like an upstream key, which belongs into the pool"
            : token.StartsWith(AccessKeyFormat.Prefix, StringComparison.Ordinal) ? $"item {item}: it is in this gateway's own form already"
            : null;
        found.Add(refusal is null ? new ForeignToken(item, new Secret(token), terms, enabled, null) : new ForeignToken(item, null, null, enabled, refusal));
    }

    private static AccessKeyTerms Terms(JsonElement row)
    {
        var name = row.TryGetProperty("name", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : "";
        DateTimeOffset? expires = row.TryGetProperty("valid_until", out var until) && until.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParse(until.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;
        var limits = new AccessKeyLimits(
            RequestsPerMinute: (int?)Limit(row, "rpm_limit", int.MaxValue),
            TokensPerMinute: Limit(row, "tpm_limit", long.MaxValue),
            RequestsPerDay: (int?)Limit(row, "rpd_limit", int.MaxValue),
            Concurrency: (int?)Limit(row, "max_concurrency", 100_000));
        return new AccessKeyTerms(name, expires, Limits: limits);
    }

    /// <summary>There, -1 means no limit.</summary>
    private static long? Limit(JsonElement row, string field, long most) =>
        row.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var limit) && limit > 0 && limit <= most ? limit : null;
}
