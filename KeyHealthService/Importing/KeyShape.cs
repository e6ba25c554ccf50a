using System.Buffers;

namespace GeminiBalance.KeyHealthService.Importing;

/// <summary>Tells keys from what people paste instead. Google changes the look of its keys; so anything that could be one is taken, and the upstream decides.</summary>
internal static class KeyShape
{
    private const int Shortest = 20;
    private const int Longest = 256;
    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Why a text is no key, in a sentence that does not repeat it; null when it may be one.</summary>
    public static string? Refusal(string text) => text switch
    {
        _ when text.StartsWith("ya29.", StringComparison.Ordinal) => "This is an OAuth access token, which expires within the hour; an API key is needed.",
        _ when text.StartsWith("eyJ", StringComparison.Ordinal) => "This is a signed token (JWT), not an API key.",
        _ when text.StartsWith("sk-", StringComparison.Ordinal) => "This is an access key for an OpenAI-style service, not a Gemini API key.",
        _ when text.Contains("://", StringComparison.Ordinal) => "This is a web address, not a key.",
        { Length: < Shortest } => "This is too short for a key.",
        { Length: > Longest } => "This is too long for a key.",
        _ when text.AsSpan().ContainsAnyExcept(Alphabet) => "This holds characters that no key has.",
        _ => null,
    };

    /// <summary>Whether a text begins like the keys Google hands out today.</summary>
    public static bool IsUnmistakable(string text) =>
        (text.StartsWith("AIza", StringComparison.Ordinal) || text.StartsWith("AQ.", StringComparison.Ordinal)) && Refusal(text) is null;
}
