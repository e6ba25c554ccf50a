using System.Globalization;

namespace GeminiBalance.AdminUi.Components.Shared;

/// <summary>Figures as people read them, in the culture of the page.</summary>
public static class Figures
{
    /// <summary>A count in at most four characters and a unit: thousands and millions, in Chinese ten thousands and hundred millions.</summary>
    /// <param name="count">The count.</param>
    public static string Compact(long count)
    {
        var units = CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == "zh"
            ? new (double Size, string Name)[] { (1e8, "亿"), (1e4, "万") }
            : [(1e9, "B"), (1e6, "M"), (1e4, "K")];
        foreach (var (size, name) in units)
        {
            if (Math.Abs(count) >= size)
            {
                var value = count / (name == "K" ? 1e3 : size);
                return value.ToString(value < 100 ? "0.#" : "0", CultureInfo.CurrentCulture) + (name is "万" or "亿" ? " " : "") + name;
            }
        }

        return Exact(count);
    }

    /// <summary>A count to the last digit, in groups.</summary>
    /// <param name="count">The count.</param>
    public static string Exact(long count) => count.ToString("N0", CultureInfo.CurrentCulture);

    /// <summary>Milliseconds, from one second on in seconds; null when not known.</summary>
    /// <param name="milliseconds">The duration.</param>
    public static string? Duration(double? milliseconds) => milliseconds switch
    {
        null => null,
        < 1000 and var ms => $"{ms.ToString("0", CultureInfo.CurrentCulture)} ms",
        < 10_000 and var ms => $"{(ms / 1000).ToString("0.00", CultureInfo.CurrentCulture)} s",
        var ms => $"{(ms.Value / 1000).ToString("0.0", CultureInfo.CurrentCulture)} s",
    };

    /// <summary>A share as per cent; null when not known. Never rounded up to 100.</summary>
    /// <param name="share">0 to 1.</param>
    public static string? Percent(double? share) => share is { } known
        ? $"{(Math.Floor(known * 10_000) / 100).ToString(known is 0 or 1 ? "0" : "0.00", CultureInfo.CurrentCulture)} %"
        : null;
}
