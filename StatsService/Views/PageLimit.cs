using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace GeminiBalance.StatsService.Views;

/// <summary>The query parameter <c>limit</c>: how many rows a page may have.</summary>
internal static class PageLimit
{
    /// <summary>The limit asked for; null when it makes no sense.</summary>
    public static int? Read(string? text, int otherwise, int most) =>
        text is null ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit >= 1 && limit <= most ? limit
        : null;

    public static ProblemHttpResult Problem(int most) => BadParameter.Of("limit", $"must be a number from 1 to {most}.");
}
