using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary><c>./gb keys import</c>. A short text without further wishes is taken at once, everything else as a job.</summary>
internal static class KeyImportVerb
{
    /// <summary>About two thousand keys.</summary>
    private const int LargestAtOnce = 100_000;

    private static readonly (string Option, string Query)[] Terms =
        [("--label-prefix", "labelPrefix"), ("--project", "project"), ("--tier", "tier"), ("--tags", "tags"), ("--disabled", "disabled"), ("--dry-run", "dryRun")];

    public static async Task<int> RunAsync(RunningSystem system, string[] args, TextWriter output)
    {
        var options = new CommandOptions("keys import", args, "--label-prefix=", "--project=", "--tier=", "--tags=", "--disabled", "--dry-run", "--json");
        var source = options.Words(1, 1)[0];
        var terms = Terms.Where(term => options.Has(term.Option)).Select(term => $"{term.Query}={Uri.EscapeDataString(options.Text(term.Option) is { Length: > 0 } value ? value : "true")}").ToArray();
        var text = await Verbs.ReadTextAsync(source).ConfigureAwait(false);
        using var services = new ServiceCalls(system);
        return terms.Length > 0 || text.Length > LargestAtOnce
            ? await AsJobAsync(services, text, string.Join('&', terms), options, output).ConfigureAwait(false)
            : await AtOnceAsync(services, text, options, output).ConfigureAwait(false);
    }

    private static async Task<int> AtOnceAsync(ServiceCalls services, string text, CommandOptions options, TextWriter output)
    {
        var result = await services.ImportAsync(text).ConfigureAwait(false);
        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(result, ContractsJson.Default.ImportResult));
        }
        else
        {
            Refused(result.Lines.Where(line => line.Outcome == ImportOutcome.NotAKey), output);
            output.WriteLine($"{result.Added} added, {result.Duplicates} known already, {result.Rejected} rejected.");
        }

        await StoredAsync(services.CheckedAsync(result)).ConfigureAwait(false);
        return await EndAsync(services, result.Rejected, options, output).ConfigureAwait(false);
    }

    private static async Task<int> AsJobAsync(ServiceCalls services, string text, string terms, CommandOptions options, TextWriter output)
    {
        var (job, refused) = await services.ImportManyAsync(text, terms, now =>
        {
            if (!options.Json)
            {
                output.WriteLine($"{now.Processed} of {now.Total}");
            }
        }).ConfigureAwait(false);
        if (options.Json)
        {
            // As of an import that was taken at once; of that very long list, those that hold no key.
            var told = JsonSerializer.SerializeToNode(job, ContractsJson.Default.ImportJob)!.AsObject();
            told["lines"] = JsonSerializer.SerializeToNode(new ImportLinePage(refused, null), ContractsJson.Default.ImportLinePage)!["items"]!.DeepClone();
            output.WriteLine(told.ToJsonString());
        }
        else
        {
            Refused(refused, output);
            output.WriteLine($"{job.Added} {(job.DryRun ? "would be added" : "added")}, {job.Duplicates} known already, {job.Rejected} rejected.");
        }

        await StoredAsync(services.TakenOverAsync(job)).ConfigureAwait(false);
        return await EndAsync(services, job.Rejected, options, output).ConfigureAwait(false);
    }

    /// <summary>What went wrong behind an import leaves the import as it was told.</summary>
    private static async Task StoredAsync(Task following)
    {
        try
        {
            await following.ConfigureAwait(false);
        }
        catch (CliException e)
        {
            throw new CliException($"The keys are stored, but not in use yet. {e.Message}", Verbs.DoneInPart);
        }
    }

    private static async Task<int> EndAsync(ServiceCalls services, int rejected, CommandOptions options, TextWriter output)
    {
        if (!options.Json)
        {
            var summary = await services.SummaryAsync().ConfigureAwait(false);
            output.WriteLine("The pool: " + string.Join(", ", summary.ByStatus.OrderBy(entry => entry.Key).Select(entry => $"{entry.Value} {entry.Key}")) + ".");
        }

        return rejected > 0 ? Verbs.DoneInPart : 0;
    }

    private static void Refused(IEnumerable<ImportLine> lines, TextWriter output)
    {
        foreach (var line in lines)
        {
            output.WriteLine($"line {line.Line}: no key: {line.Reason}");
        }
    }
}
