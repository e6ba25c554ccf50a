using System.Globalization;
using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary><c>./gb jobs …</c>: what the services do by the clock.</summary>
internal static class JobVerbs
{
    private static readonly string[] Owners = ["keyhealth", "stats"];
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(300);

    public static Task<int> RunAsync(RunningSystem system, string[] args, TextWriter output) => args switch
    {
        ["list", .. var rest] => ListAsync(system, new CommandOptions("jobs list", rest, "--json"), output),
        ["run", .. var rest] => RunOneAsync(system, new CommandOptions("jobs run", rest, "--json"), output),
        _ => throw new CliException("jobs is followed by list or run; see ./gb help jobs.", 2),
    };

    private static async Task<int> ListAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        options.Words(0, 0);
        using var services = new ServiceCalls(system);
        var (jobs, silent) = await ReadAsync(services).ConfigureAwait(false);
        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize([.. jobs.Select(one => one.Job)], ContractsJson.Default.JobStatusArray));
        }
        else
        {
            output.WriteLine($"{"JOB",-14} {"STATE",-8} {"LAST RUN",-17} {"TOOK",9} {"NEXT RUN",-17} RESULT");
            foreach (var (_, job) in jobs)
            {
                output.WriteLine($"{job.Name,-14} {State(job),-8} {Time(job.LastRunAt),-17} {Took(job),9} {Time(job.NextRunAt),-17} {job.Result}".TrimEnd());
            }
        }

        // Those that answered are listed all the same.
        return silent is null ? 0 : throw silent;
    }

    private static async Task<int> RunOneAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var name = options.Words(1, 1)[0];
        using var services = new ServiceCalls(system);
        var (jobs, silent) = await ReadAsync(services).ConfigureAwait(false);
        var owner = jobs.FirstOrDefault(one => one.Job.Name == name).Service
            ?? throw silent ?? new CliException($"No job is called {name}; ./gb jobs list shows them.");
        var path = $"/jobs/{Uri.EscapeDataString(name)}";
        var begun = await services.PostAsync(owner, $"{path}/runs", ContractsJson.Default.JobStatus).ConfigureAwait(false);
        var job = begun;
        while (job.Running && job.StartedAt == begun.StartedAt)
        {
            await Task.Delay(Step).ConfigureAwait(false);
            job = await services.GetAsync(owner, path, ContractsJson.Default.JobStatus).ConfigureAwait(false);
        }

        output.WriteLine(options.Json ? JsonSerializer.Serialize(job, ContractsJson.Default.JobStatus) : $"{job.Name}: {job.Result}");
        return job.Succeeded == true ? 0 : 1;
    }

    private static async Task<(List<(string Service, JobStatus Job)> Jobs, CliException? Silent)> ReadAsync(ServiceCalls services)
    {
        var jobs = new List<(string, JobStatus)>();
        CliException? silent = null;
        foreach (var service in Owners)
        {
            try
            {
                jobs.AddRange((await services.GetAsync(service, "/jobs", ContractsJson.Default.JobStatusArray).ConfigureAwait(false)).Select(job => (service, job)));
            }
            catch (CliException e)
            {
                silent = e;
            }
        }

        return (jobs, silent);
    }

    private static string State(JobStatus job) => job switch
    {
        { Running: true } => "running",
        { Succeeded: true } => "done",
        { Succeeded: false } => "failed",
        _ => "-",
    };

    private static string Time(DateTimeOffset? at) => at is { } time ? time.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "-";

    private static string Took(JobStatus job) => job.DurationMilliseconds is { } took ? string.Create(CultureInfo.InvariantCulture, $"{took / 1000.0:0.0} s") : "-";
}
