using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary><c>./gb models …</c>.</summary>
internal static class ModelVerbs
{
    private const int MostNames = 20;

    public static Task<int> RunAsync(RunningSystem system, string[] args, TextWriter output) => args switch
    {
        ["list", .. var rest] => ListAsync(system, new CommandOptions("models list", rest, "--json"), output),
        ["sync", .. var rest] => SyncAsync(system, new CommandOptions("models sync", rest, "--json", "--preview", "--remove="), output),
        ["alias", .. var rest] => AliasAsync(system, new CommandOptions("models alias", rest, "--json"), output),
        ["unalias", .. var rest] => NoAliasAsync(system, new CommandOptions("models unalias", rest, "--json"), output),
        ["enable", .. var rest] => ServeAsync(system, "enable", new CommandOptions("models enable", rest, "--json"), output),
        ["disable", .. var rest] => ServeAsync(system, "disable", new CommandOptions("models disable", rest, "--json"), output),
        ["fallbacks", .. var rest] => FallbacksAsync(system, new CommandOptions("models fallbacks", rest, "--json"), output),
        _ => throw new CliException("models is followed by list, sync, alias, unalias, enable, disable or fallbacks; see ./gb help models.", 2),
    };

    private static async Task<int> ListAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        options.Words(0, 0);
        using var services = new ServiceCalls(system);
        var view = await services.GetAsync("keyhealth", "/models", ContractsJson.Default.ModelsView).ConfigureAwait(false);
        return Print(view, ContractsJson.Default.ModelsView, options, output, () => Lines(view));
    }

    private static IEnumerable<string> Lines(ModelsView view)
    {
        yield return view.ChangedAt is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"{view.Models.Count} models; last changed {at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC by {view.ChangedBy}.")
            : "The catalogue is empty: ./gb models sync fills it.";
        foreach (var model in view.Models)
        {
            var more = string.Join("; ", Said(model));
            yield return string.Create(CultureInfo.InvariantCulture, $"{model.Name,-34} {(model.Enabled ? "served" : "off"),-7} {model.ServingKeys,6} keys  {model.Upstream?.InputTokenLimit,9} in {model.Upstream?.OutputTokenLimit,7} out  {more}").TrimEnd();
        }

        foreach (var alias in view.Aliases)
        {
            yield return $"{alias.Name} -> {alias.Model}{(alias.Known ? alias.Served ? "" : "  (off)" : "  (not in the catalogue)")}";
        }
    }

    private static IEnumerable<string> Said(ModelView model)
    {
        if (model.GoneSince is { } gone)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"not listed by the upstream since {gone.UtcDateTime:yyyy-MM-dd}");
        }

        if (model.Upstream is null)
        {
            yield return "not in the catalogue";
        }

        if (model.Fallbacks.Count > 0)
        {
            yield return $"else {string.Join(", ", model.Fallbacks)}";
        }

        if (model.Profile is not null)
        {
            yield return "own profile";
        }
    }

    private static async Task<int> SyncAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        options.Words(0, 0);
        using var services = new ServiceCalls(system);
        var ask = new SyncModels(options.Has("--preview"), null, options.List("--remove"));
        var diff = await services.SendJsonAsync(HttpMethod.Post, "keyhealth", "/models/sync", ask, ContractsJson.Default.SyncModels, ContractsJson.Default.ModelDiff).ConfigureAwait(false);
        return Print(diff, ContractsJson.Default.ModelDiff, options, output, () => Lines(diff, ask.Preview));
    }

    private static IEnumerable<string> Lines(ModelDiff diff, bool preview)
    {
        yield return diff.Applied ? $"The catalogue was brought to the {diff.Listed} models the upstream lists."
            : preview ? $"The upstream lists {diff.Listed} models; nothing was changed."
            : $"The upstream lists {diff.Listed} models; the catalogue had nothing to learn.";
        foreach (var (what, names) in ((string, IEnumerable<string>)[])[("new", diff.Added.Select(model => model.Name)), ("back", diff.Returned), ("removed", diff.Removed), ("gone (--remove takes them out)", diff.Gone)])
        {
            if (names.ToList() is { Count: > 0 } some)
            {
                yield return $"  {what}: {string.Join(", ", some.Take(MostNames))}{(some.Count > MostNames ? string.Create(CultureInfo.InvariantCulture, $" and {some.Count - MostNames} more") : "")}";
            }
        }

        foreach (var change in diff.Changed)
        {
            yield return $"  {change.Model} {change.Field}: {Short(change.Before)} -> {Short(change.After)}";
        }

        if (!diff.IsComplete)
        {
            yield return "  Not every tier of keys answered, so that nothing is taken for gone.";
        }
    }

    private static async Task<int> AliasAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var words = options.Words(2, 2);
        using var services = new ServiceCalls(system);
        var alias = await services.SendJsonAsync(
            HttpMethod.Put, "keyhealth", AliasPath(words[0]), new SetModelAlias(words[1]), ContractsJson.Default.SetModelAlias, ContractsJson.Default.ModelAlias).ConfigureAwait(false);
        return Print(alias, ContractsJson.Default.ModelAlias, options, output, () => [$"{alias.Name} leads to {alias.Model} on every replica within two seconds."]);
    }

    private static async Task<int> NoAliasAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var name = options.Words(1, 1)[0];
        using var services = new ServiceCalls(system);
        await services.DeleteAsync("keyhealth", AliasPath(name)).ConfigureAwait(false);
        var view = await services.GetAsync("keyhealth", "/models", ContractsJson.Default.ModelsView).ConfigureAwait(false);
        return Print(view, ContractsJson.Default.ModelsView, options, output, () => [$"{name} leads nowhere any more, on every replica within two seconds."]);
    }

    private static async Task<int> ServeAsync(RunningSystem system, string verb, CommandOptions options, TextWriter output)
    {
        var name = options.Words(1, 1)[0];
        using var services = new ServiceCalls(system);
        var model = await services.PostAsync("keyhealth", $"/models/{Uri.EscapeDataString(name)}/{verb}", ContractsJson.Default.ModelView).ConfigureAwait(false);
        return Print(model, ContractsJson.Default.ModelView, options, output, () => [$"{model.Name} is {(model.Enabled ? "served" : "refused as unknown")} on every replica within two seconds."]);
    }

    private static async Task<int> FallbacksAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var words = options.Words(1, 2);
        var chain = words.Count == 1 ? [] : words[1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        using var services = new ServiceCalls(system);
        var model = await services.SendJsonAsync(
            HttpMethod.Put, "keyhealth", $"/models/{Uri.EscapeDataString(words[0])}/fallbacks", new SetModelFallbacks(chain), ContractsJson.Default.SetModelFallbacks, ContractsJson.Default.ModelView).ConfigureAwait(false);
        return Print(model, ContractsJson.Default.ModelView, options, output, () =>
            [model.Fallbacks.Count == 0 ? $"No model answers in place of {model.Name}." : $"When {model.Name} cannot answer: {string.Join(", ", model.Fallbacks)}."]);
    }

    private static int Print<T>(T answer, JsonTypeInfo<T> type, CommandOptions options, TextWriter output, Func<IEnumerable<string>> lines)
    {
        foreach (var line in options.Json ? [JsonSerializer.Serialize(answer, type)] : lines())
        {
            output.WriteLine(line);
        }

        return 0;
    }

    private static string AliasPath(string name) => $"/models/aliases/{Uri.EscapeDataString(name)}";

    private static string Short(string? value) => value is null ? "(nothing)" : value.Length <= 60 ? value.ReplaceLineEndings(" ") : value[..60].ReplaceLineEndings(" ") + "…";
}
