using System.Buffers;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>The name of a Gemini model: safe to put into a path.</summary>
internal static class ModelName
{
    /// <summary>The longest name accepted.</summary>
    public const int MaximumLength = 128;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");

    private static readonly string[] Prefixes = ["models/", "google/", "gemini/"];

    /// <summary>Takes the prefixes clients put before a name away, and checks the rest: letters, digits, dot, dash and underscore, the first a letter or digit.</summary>
    /// <param name="text">What the client sent.</param>
    /// <returns>The name; null when it cannot be one.</returns>
    public static string? Parse(string text)
    {
        foreach (var prefix in Prefixes)
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal))
            {
                text = text[prefix.Length..];
                break;
            }
        }

        return text.Length is > 0 and <= MaximumLength && char.IsAsciiLetterOrDigit(text[0]) && !text.Contains("..", StringComparison.Ordinal) && !text.AsSpan().ContainsAnyExcept(Allowed)
            ? text
            : null;
    }

    /// <summary>Whether a model can be one that makes embeddings: their names have always said so.</summary>
    /// <param name="name">A checked name.</param>
    public static bool MayEmbed(string name) => name.Contains("embed", StringComparison.OrdinalIgnoreCase);
}
