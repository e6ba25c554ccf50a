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
