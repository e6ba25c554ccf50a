using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary><c>./gb keys imports …</c>: the imports that run as jobs.</summary>
internal static class ImportJobVerbs
{
    private const int Misused = 2;

    public static Task<int> RunAsync(RunningSystem system, string[] args, TextWriter output) => args switch
    {
        ["list", .. var rest] => ListAsync(system, new CommandOptions("keys imports list", rest, "--json"), output),
        ["cancel" or "resume" or "undo", .. var rest] => MoveAsync(system, args[0], new CommandOptions($"keys imports {args[0]}", rest, "--json"), output),
        _ => throw new CliException("keys imports is followed by list, cancel, resume or undo; see ./gb help keys.", Misused),
    };

    private static async Task<int> ListAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        options.Words(0, 0);
        using var services = new ServiceCalls(system);
        var jobs = await services.GetAsync("keyhealth", "/keys/import-jobs", ContractsJson.Default.ImportJobArray).ConfigureAwait(false);
        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(jobs, ContractsJson.Default.ImportJobArray));
            return 0;
        }

        output.WriteLine($"{"ID",-36} {"STATE",-9} {"CREATED",-17} {"DONE",8} {"ADDED",8} BY");
        foreach (var job in jobs)
        {
            output.WriteLine($"{job.Id,-36} {job.State,-9} {job.CreatedAt.ToLocalTime():yyyy-MM-dd HH:mm}  {job.Processed,8} {job.Added,8} {job.By}{(job.DryRun ? " (dry run)" : "")}");
        }

        return 0;
    }

    private static async Task<int> MoveAsync(RunningSystem system, string verb, CommandOptions options, TextWriter output)
    {
        var id = KeyVerbs.Id(options.Words(1, 1)[0], "keys imports list");
        using var services = new ServiceCalls(system);
        var job = await services.PostAsync("keyhealth", $"/keys/import-jobs/{id}/{verb}", ContractsJson.Default.ImportJob).ConfigureAwait(false);
        KeyVerbs.Print(
            options,
            output,
            job,
            ContractsJson.Default.ImportJob,
            $"{job.Id} is {job.State}: {job.Processed} of {job.Total} entries, {job.Added} added, {job.Duplicates} known already, {job.Rejected} rejected.");
        return 0;
    }
}
