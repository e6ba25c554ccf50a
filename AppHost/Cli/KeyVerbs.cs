using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary><c>./gb keys …</c>.</summary>
internal static class KeyVerbs
{
    private const int Misused = 2;
    private const int PageSize = 200;

    public static Task<int> RunAsync(RunningSystem system, string[] args, TextWriter output) => args switch
    {
        ["import", .. var rest] => KeyImportVerb.RunAsync(system, rest, output),
        ["list", .. var rest] => ListAsync(system, new CommandOptions("keys list", rest, "--json"), output),
        ["check" or "enable" or "disable", .. var rest] => MoveAsync(system, args[0], new CommandOptions($"keys {args[0]}", rest, "--json"), output),
        ["undo", .. var rest] => UndoAsync(system, new CommandOptions("keys undo", rest, "--cause=", "--from=", "--to=", "--dry-run", "--json"), output),
        ["cleanup", .. var rest] => CleanUpAsync(system, new CommandOptions("keys cleanup", rest, "--preview", "--json"), output),
        ["imports", .. var rest] => ImportJobVerbs.RunAsync(system, rest, output),
        ["pools", .. var rest] => PoolVerbs.RunAsync(system, rest, output),
        _ => throw new CliException("keys is followed by import, list, check, enable, disable, undo, cleanup, imports or pools; see ./gb help keys.", Misused),
    };

    /// <summary>Prints one line of JSON, or what people read.</summary>
    internal static void Print<T>(CommandOptions options, TextWriter output, T value, JsonTypeInfo<T> type, string text) =>
        output.WriteLine(options.Json ? JsonSerializer.Serialize(value, type) : text);

    /// <summary>The id that a word is, or a hint where to find it.</summary>
    internal static Guid Id(string word, string lister = "keys list") =>
        Guid.TryParse(word, out var id) ? id : throw new CliException($"'{word}' is no id; './gb {lister}' shows them.", Misused);

    /// <summary>A number and what it counts.</summary>
    internal static string Count(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");

    private static async Task<int> ListAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        options.Words(0, 0);
        using var services = new ServiceCalls(system);
        var keys = new List<KeyView>();
        for (string? after = ""; after is not null;)
        {
            var page = await services.GetAsync("keyhealth", $"/keys?limit={PageSize}&after={Uri.EscapeDataString(after)}", ContractsJson.Default.KeyPage).ConfigureAwait(false);
            keys.AddRange(page.Items);
            after = page.Next;
        }

        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(new KeyPage(keys, null, keys.Count), ContractsJson.Default.KeyPage));
            return 0;
        }

        output.WriteLine($"{"ID",-36} {"KEY",-12} {"STATE",-11} {"REASON",-18} {"PROJECT",-14} LABEL");
        foreach (var key in keys)
        {
            output.WriteLine($"{key.Id,-36} {key.Mask,-12} {key.Status,-11} {key.Reason ?? "",-18} {key.Project ?? "",-14} {key.Label}".TrimEnd());
        }

        return 0;
    }

    private static async Task<int> MoveAsync(RunningSystem system, string verb, CommandOptions options, TextWriter output)
    {
        var id = Id(options.Words(1, 1)[0]);
        using var services = new ServiceCalls(system);
        var key = await services.PostAsync("keyhealth", $"/keys/{id}/{verb}", ContractsJson.Default.KeyView).ConfigureAwait(false);
        Print(options, output, key, ContractsJson.Default.KeyView, Said(key));
        return 0;
    }

    private static async Task<int> UndoAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        if (options.Text("--cause") is not { } cause)
        {
            if (options.Text("--from") is not null || options.Text("--to") is not null || options.Has("--dry-run"))
            {
                throw new CliException("--from, --to and --dry-run go with --cause; see ./gb help keys.", Misused);
            }

            return await MoveAsync(system, "undo", options, output).ConfigureAwait(false);
        }

        options.Words(0, 0);
        var undo = new UndoTransitions(
            cause,
            options.Time("--from") ?? throw new CliException("--cause needs --from, the time from which on it is undone, as 2030-01-31T12:00:00Z.", Misused),
            options.Time("--to") ?? TimeProvider.System.GetUtcNow(),
            options.Has("--dry-run"));
        using var services = new ServiceCalls(system);
        var undone = await services.SendJsonAsync(
            HttpMethod.Post, "keyhealth", "/transitions/undo", undo, ContractsJson.Default.UndoTransitions, ContractsJson.Default.UndoneTransitions).ConfigureAwait(false);
        if (!options.Json)
        {
            foreach (var one in undone.Examples)
            {
                output.WriteLine($"{one.KeyId?.ToString() ?? $"{one.Pool} {one.Model}"}: {one.From} to {one.To}");
            }
        }

        Print(options, output, undone, ContractsJson.Default.UndoneTransitions, $"{(undone.DryRun ? "Would put back" : "Put back")} {Count(undone.Keys, "key")} and {Count(undone.Quotas, "quota")}.");
        return 0;
    }

    private static async Task<int> CleanUpAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        options.Words(0, 0);
        using var services = new ServiceCalls(system);
        var preview = options.Has("--preview");
        var cleanup = preview
            ? await services.GetAsync("keyhealth", "/keys/cleanup", ContractsJson.Default.KeyCleanup).ConfigureAwait(false)
            : await services.PostAsync("keyhealth", "/keys/cleanup", ContractsJson.Default.KeyCleanup).ConfigureAwait(false);
        if (!options.Json)
        {
            foreach (var key in cleanup.Items)
            {
                output.WriteLine(Said(key));
            }
        }

        var kept = cleanup.Kept > 0 ? $" {Count(cleanup.Kept, "dead key")} kept, because no good one is left." : "";
        Print(options, output, cleanup, ContractsJson.Default.KeyCleanup, $"{(preview ? "Would retire" : "Retired")} {Count(cleanup.Keys, "key")}.{kept}");
        return 0;
    }

    private static string Said(KeyView key) => $"{key.Id} {key.Mask} is {key.Status}{(key.Reason is null ? "" : $" ({key.Reason})")}.";
}
