namespace GeminiBalance.ServiceDefaults.Security;

/// <summary>Tells a text somebody typed to fill the length from one that was drawn at random.</summary>
internal static class RandomText
{
    /// <summary>32 characters drawn from 16 or more kinds repeat so much less than once in ten million draws.</summary>
    private const int FewestDistinctCharacters = 8;

    private const int ShortestJudged = 32;

    /// <summary>Whether a text is long enough and still made of a few characters. Shorter texts are refused for their length.</summary>
    internal static bool LooksRepeated(string text) => text.Length >= ShortestJudged && text.Distinct().Count() < FewestDistinctCharacters;
}
