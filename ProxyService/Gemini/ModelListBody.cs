using System.Globalization;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>A page of models as Gemini lists them; what the upstream said of each is copied byte for byte.</summary>
internal static class ModelListBody
{
    private const int DefaultPage = 50;
    private const int LargestPage = 1000;

    /// <summary>Writes a page.</summary>
    /// <param name="models">All models.</param>
    /// <param name="pageSize">The page size asked for; null for the default.</param>
    /// <param name="pageToken">The token the page before gave; null for the first page.</param>
    /// <param name="target">Gets the page.</param>
    /// <returns>Which parameter means nothing; null when both were understood.</returns>
    public static string? TryWritePage(IReadOnlyList<GeminiModel> models, string? pageSize, string? pageToken, PooledBuffer target)
    {
        var size = DefaultPage;
        if (!string.IsNullOrEmpty(pageSize) && (!int.TryParse(pageSize, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out size) || size < 0))
        {
            return "pageSize";
        }

        var first = 0;
        if (!string.IsNullOrEmpty(pageToken) && (!int.TryParse(pageToken, NumberStyles.None, CultureInfo.InvariantCulture, out first) || first > models.Count))
        {
            return "pageToken";
        }

        var end = Math.Min(models.Count, first + Math.Min(size == 0 ? DefaultPage : size, LargestPage));
        target.Append("{\"models\":["u8);
        for (var i = first; i < end; i++)
        {
            if (i > first)
            {
                target.Append(","u8);
            }

            target.Append(models[i].Json.Span);
        }

        target.Append("]"u8);
        if (end < models.Count)
        {
            target.Append(",\"nextPageToken\":\""u8);
            target.AppendNumber(end);
            target.Append("\""u8);
        }

        target.Append("}"u8);
        return null;
    }
}
