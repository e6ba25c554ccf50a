using Microsoft.AspNetCore.Http.HttpResults;

namespace GeminiBalance.StatsService.Views;

/// <summary>Reads query parameters that are words or ids.</summary>
internal static class Words
{
    /// <summary>Reads a word of an enum: by name only, never by number.</summary>
    public static bool TryRead<TEnum>(string text, out TEnum word)
        where TEnum : struct, Enum
    {
        word = default;
        return text.Length > 0 && char.IsAsciiLetter(text[0]) && !text.Contains(',', StringComparison.Ordinal) && Enum.TryParse(text, ignoreCase: true, out word);
    }

    /// <summary>Reads the query parameter of that name, a word of an enum that may be left out.</summary>
    public static (TEnum? Word, ProblemHttpResult? Problem) ReadOptional<TEnum>(string parameter, string? text)
        where TEnum : struct, Enum =>
        text is null ? (null, null)
        : TryRead<TEnum>(text, out var word) ? (word, null)
        : (null, BadParameter.Of(parameter, $"must be one of {string.Join(", ", Enum.GetNames<TEnum>())}."));

    /// <summary>Reads an id that may be left out.</summary>
    public static bool TryReadId(string? text, out Guid? id)
    {
        id = null;
        if (text is null)
        {
            return true;
        }

        if (!Guid.TryParseExact(text, "D", out var read))
        {
            return false;
        }

        id = read;
        return true;
    }
}
