using System.Text.RegularExpressions;

namespace GeminiBalance.ProxyService.Translation.Errors;

/// <summary>Takes out of an upstream text what a client must not see: keys by value, anything that looks like one, and project numbers.</summary>
internal static partial class Redaction
{
    private const int MaximumLength = 1000;
    private const string Mark = "[redacted]";

    /// <summary>Redacts a text.</summary>
    /// <param name="text">What the upstream said.</param>
    /// <param name="secret">The key it was asked with.</param>
    public static string Redact(string text, string? secret)
    {
        if (!string.IsNullOrEmpty(secret))
        {
            text = text.Replace(secret, Mark, StringComparison.OrdinalIgnoreCase);
        }

        text = Project().Replace(KeyLike().Replace(text, Mark), Mark);
        return text.Length > MaximumLength ? text[..MaximumLength] + "…" : text;
    }

    [GeneratedRegex(@"\b(?:AIza[0-9A-Za-z_-]{8,}|AQ\.[0-9A-Za-z_.-]{8,}|ya29\.[0-9A-Za-z_.-]+)|(?:api_key|key)[:=]\s*[^\s'"",]+", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex KeyLike();

    [GeneratedRegex(@"projects?/[0-9A-Za-z-]+|project_number:\d+|project\s+\d{6,}", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Project();
}
