using System.Globalization;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary>What <c>./gb usage</c> is asked for.</summary>
/// <param name="Range">How far back from the end.</param>
/// <param name="From">Start; takes the place of <paramref name="Range"/>.</param>
/// <param name="To">End; null means now.</param>
/// <param name="Model">One model only.</param>
/// <param name="AccessKey">One access key only: its name, its first characters or its id.</param>
/// <param name="Json">Whether one line for programs is wanted.</param>
internal sealed record UsageRequest(TimeSpan Range, DateTimeOffset? From, DateTimeOffset? To, string? Model, string? AccessKey, bool Json)
{
    private const string HowToWrite = "is no time; write it in ISO 8601 with its zone, as in 2026-01-31T10:15:00Z.";

    /// <summary>Reads the options.</summary>
    /// <exception cref="CliException">One makes no sense.</exception>
    public static UsageRequest Read(string[] options)
    {
        var request = new UsageRequest(TimeSpan.FromHours(24), null, null, null, null, false);
        var ranged = false;
        for (var i = 0; i < options.Length; i++)
        {
            var value = i + 1 < options.Length ? options[i + 1] : null;
            switch (options[i])
            {
                case "--json":
                    request = request with { Json = true };
                    continue;
                case "--range" when value is not null:
                    ranged = true;
                    request = request with { Range = CommandLine.ParseRange(value) };
                    break;
                case "--from" when value is not null:
                    request = request with { From = ParseTime(value) };
                    break;
                case "--to" when value is not null:
                    request = request with { To = ParseTime(value) };
                    break;
                case "--model" when value is not null:
                    request = request with { Model = value };
                    break;
                case "--access-key" when value is not null:
                    request = request with { AccessKey = value };
                    break;
                default:
                    throw new CliException($"usage does not know {options[i]}; it takes --json, --range, --from, --to, --model and --access-key.", 2);
            }

            i++;
        }

        return ranged && request.From is not null
            ? throw new CliException("--range and --from both say where usage begins; give one of them.", 2)
            : request.From >= request.To ? throw new CliException("--from must lie before --to.", 2) : request;
    }

    private static DateTimeOffset ParseTime(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && text.Length >= 10 && char.IsAsciiDigit(text[0])
            ? time.ToUniversalTime()
            : throw new CliException($"'{text}' {HowToWrite}", 2);
}

/// <summary><c>./gb usage</c>.</summary>
internal static class UsageVerb
{
    public static async Task<int> RunAsync(RunningSystem system, UsageRequest request, TextWriter output)
    {
        using var services = new ServiceCalls(system);
        var to = request.To ?? TimeProvider.System.GetUtcNow();
        var from = request.From ?? to - request.Range;
        var query = $"/stats/usage?groupBy=model&from={Time(from)}&to={Time(to)}";
        if (request.Model is not null)
        {
            query += "&model=" + Uri.EscapeDataString(request.Model);
        }

        if (request.AccessKey is not null)
        {
            query += $"&accessKey={await IdOfAsync(services, request.AccessKey).ConfigureAwait(false)}";
        }

        var usage = await services.GetAsync("stats", query, ContractsJson.Default.Usage).ConfigureAwait(false);
        if (request.Json)
        {
            output.WriteLine(Verbs.UsageJson(usage));
            return 0;
        }

        output.WriteLine($"{usage.From:yyyy-MM-dd HH:mm} to {usage.To:yyyy-MM-dd HH:mm} UTC, views {usage.LagSeconds:0.0} s behind");
        output.WriteLine($"{"MODEL",-28} {"REQUESTS",9} {"OK",9} {"INPUT",12} {"OUTPUT",12} {"TOTAL",12} {"USD",11}");
        foreach (var row in usage.Rows)
        {
            Row(output, row.Group ?? "(none)", row.Counts);
        }

        Row(output, "all", usage.Total);
        if (usage.Total.UnpricedTokens > 0)
        {
            output.WriteLine($"No price is known for {usage.Total.UnpricedTokens} of the tokens; they are not in the sum.");
        }

        return 0;
    }

    private static string Time(DateTimeOffset time) => Uri.EscapeDataString(time.ToString("O", CultureInfo.InvariantCulture));

    private static async Task<Guid> IdOfAsync(ServiceCalls services, string accessKey)
    {
        if (Guid.TryParseExact(accessKey, "D", out var id))
        {
            return id;
        }

        var keys = await services.GetAsync("keyhealth", "/access-keys", ContractsJson.Default.AccessKeyViewArray).ConfigureAwait(false);
        var named = keys.Where(key => key.Name == accessKey || key.Prefix == accessKey).ToArray();
        return named switch
        {
            [var one] => one.Id,
            [] => throw new CliException($"No access key is called {accessKey}; ./gb access-keys list shows them."),
            _ => throw new CliException($"{named.Length} access keys are called {accessKey}; name one by its id: {string.Join(", ", named.Select(key => key.Id))}."),
        };
    }

    private static void Row(TextWriter output, string name, UsageCounts counts) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-28} {counts.Requests,9} {counts.Succeeded,9} {counts.PromptTokens,12} {counts.CompletionTokens + counts.ThoughtTokens,12} {counts.TotalTokens,12} {(counts.CostUsd is { } cost ? cost.ToString("0.0000", CultureInfo.InvariantCulture) : "unknown"),11}"));
}
