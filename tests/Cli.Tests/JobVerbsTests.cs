using System.Text.Json;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class JobVerbsTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 25, 8, 0, 0, TimeSpan.Zero);
    private static readonly JobStatus Roll = new("quota-roll", false, At, true, "The day runs.", At.AddDays(1), At, 1500, "schedule");

    [Fact]
    public async Task List_ShowsTheJobs_InWordsOrAsJson()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("GET /jobs", ContractsJson.Default.JobStatusArray, () => [Roll, new JobStatus("cleanup", true, null, null, null, null)]);
        using var words = new StringWriter();
        using var json = new StringWriter();

        Assert.Equal(0, await JobVerbs.RunAsync(stub.System, ["list"], words));
        Assert.Equal(0, await JobVerbs.RunAsync(stub.System, ["list", "--json"], json));

        var lines = words.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("JOB ", lines[0], StringComparison.Ordinal);
        Assert.Matches(@"^quota-roll +done +2026-11-25 \d\d:00 +1\.5 s +2026-11-2\d \d\d:00 +The day runs\.$", lines[1]);
        Assert.Matches("^cleanup +running +- +- +-$", lines[2]);
        Assert.Equal(["quota-roll", "cleanup", "quota-roll", "cleanup"], JsonSerializer.Deserialize(json.ToString(), ContractsJson.Default.JobStatusArray)!.Select(job => job.Name));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task Run_WaitsForTheEnd_AndItsExitCodeSaysHowItWas(bool succeeded, int exitCode)
    {
        await using var stub = await StubSystem.StartAsync();
        var begun = Roll with { Running = true, StartedAt = At.AddHours(1), By = "gb" };
        var looks = 0;
        stub.On("GET /jobs", ContractsJson.Default.JobStatusArray, () => [Roll]);
        stub.On("POST /jobs/quota-roll/runs", ContractsJson.Default.JobStatus, () => begun);
        stub.On("GET /jobs/quota-roll", ContractsJson.Default.JobStatus, () => ++looks < 3 ? begun : begun with { Running = false, Succeeded = succeeded, Result = "So it was." });
        using var output = new StringWriter();

        Assert.Equal(exitCode, await JobVerbs.RunAsync(stub.System, ["run", "quota-roll"], output));

        Assert.Equal("quota-roll: So it was.", output.ToString().TrimEnd());
        Assert.Equal(3, looks);
    }

    [Fact]
    public async Task Run_WhileItRuns_OrOfAnUnknownName_SaysSo()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("GET /jobs", ContractsJson.Default.JobStatusArray, () => [Roll]);
        stub.Refuse("POST /jobs/quota-roll/runs", 409, """{"code":"job_running","detail":"The job runs already."}""");

        var running = await Assert.ThrowsAsync<CliException>(() => JobVerbs.RunAsync(stub.System, ["run", "quota-roll"], TextWriter.Null));
        var unknown = await Assert.ThrowsAsync<CliException>(() => JobVerbs.RunAsync(stub.System, ["run", "nobody"], TextWriter.Null));
        var misused = await Assert.ThrowsAsync<CliException>(() => JobVerbs.RunAsync(stub.System, ["dance"], TextWriter.Null));

        Assert.Equal(("keyhealth answered 409: The job runs already.", 1), (running.Message, running.ExitCode));
        Assert.Equal(("No job is called nobody; ./gb jobs list shows them.", 1), (unknown.Message, unknown.ExitCode));
        Assert.Equal(2, misused.ExitCode);
    }
}
