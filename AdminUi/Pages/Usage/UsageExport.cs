using System.Globalization;
using System.Text;
using GeminiBalance.AdminUi.Clients;
using GeminiBalance.AdminUi.Preferences;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.Usage;

/// <summary><c>GET /usage.csv</c>: the table of the usage page as a file that spreadsheets open (RFC 4180, UTF-8 with a byte order mark).</summary>
internal static class UsageExport
{
    private static readonly string[] Columns =
        ["group", "requests", "succeeded", "client_errors", "failed", "aborted", "input_tokens", "output_tokens", "thought_tokens", "cached_tokens", "total_tokens", "cost_usd"];

    /// <summary>Maps the file.</summary>
    public static void MapUsageExport(this WebApplication app) => app.MapGet("/usage.csv", ExportAsync);

    /// <summary>A field of a line. What a spreadsheet would take for a formula begins with an apostrophe.</summary>
    /// <param name="text">The value.</param>
    public static string Field(string text)
    {
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
        {
            text = "'" + text;
        }

        return text.AsSpan().ContainsAny("\",\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    private static async Task<IResult> ExportAsync(string? range, string? by, string? model, Guid? accessKey, HttpContext context, StatsClient stats, GroupNames names, BrowserClock clock, CancellationToken cancellationToken)
    {
        clock.Use(context.Request.Cookies[PreferenceNames.ZoneCookie] is { } zone ? Uri.UnescapeDataString(zone) : null);
        var chosen = UsageRange.Named(range);
        var grouping = Enum.TryParse<UsageGrouping>(by, ignoreCase: true, out var found) && Enum.IsDefined(found) ? found : UsageGrouping.Model;
        var (from, to) = chosen.At(clock.Now, clock.Zone);
        try
        {
            var known = await names.OfAsync(grouping, cancellationToken);
            var usage = await stats.UsageAsync(from, to, null, clock.Zone.Id, grouping, string.IsNullOrWhiteSpace(model) ? null : model, accessKey, cancellationToken);
            var text = new StringBuilder().AppendJoin(',', Columns).Append("\r\n");
            foreach (var row in usage.Rows)
            {
                text.AppendJoin(',', Line(known.Of(row.Group ?? "") ?? row.Group ?? "", row.Counts).Select(Field)).Append("\r\n");
            }

            byte[] file = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text.ToString())];
            return TypedResults.File(file, "text/csv; charset=utf-8", $"usage-{grouping.ToString().ToLowerInvariant()}-{clock.Local(clock.Now):yyyy-MM-dd}.csv");
        }
        catch (ServiceCallException e)
        {
            return TypedResults.Problem(e.Detail ?? "The statistics service does not answer.", statusCode: StatusCodes.Status502BadGateway);
        }
    }

    private static IEnumerable<string> Line(string group, UsageCounts counts)
    {
        yield return group;
        foreach (var number in (long[])[counts.Requests, counts.Succeeded, counts.ClientErrors, counts.Failed, counts.Aborted, counts.PromptTokens, counts.CompletionTokens, counts.ThoughtTokens, counts.CachedTokens, counts.TotalTokens])
        {
            yield return number.ToString(CultureInfo.InvariantCulture);
        }

        yield return counts.CostUsd?.ToString("0.######", CultureInfo.InvariantCulture) ?? "";
    }
}
