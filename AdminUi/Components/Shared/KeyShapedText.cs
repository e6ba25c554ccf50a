using System.Text.RegularExpressions;

namespace GeminiBalance.AdminUi.Components.Shared;

/// <summary>
/// Whole keys that somebody pastes into a search field: what is searched for stands in the page's address, so in the browser's history and an ingress's log. They are cut
/// to what lists show of them, by which they are found all the same.
/// </summary>
internal static partial class KeyShapedText
{
    private const int ShownOfKey = 4;
    private const int ShownOfAccessKey = 10;

    /// <summary>A search among upstream keys, which lists show by their last characters.</summary>
    public static string? WithoutKey(string? search) => IsKey(search?.Trim()) ? search!.Trim()[^ShownOfKey..] : search?.Trim();

    /// <summary>A search among access keys, which lists show by their first characters.</summary>
    public static string? WithoutAccessKey(string? search) => IsKey(search?.Trim()) ? search!.Trim()[..ShownOfAccessKey] : search?.Trim();

    private static bool IsKey(string? text) => text is not null && Key().IsMatch(text);

    /// <summary>Long, of one piece, and with a digit or both cases in it: labels and projects are shorter, or have spaces.</summary>
    [GeneratedRegex("^(?=.*[0-9A-Z])[A-Za-z0-9_.-]{28,}$", RegexOptions.CultureInvariant)]
    private static partial Regex Key();
}
