using GeminiBalance.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>The jobs of one service: a run is under way until the test ends it.</summary>
public sealed class FakeJobs(params JobStatus[] jobs)
{
    private readonly List<JobStatus> all = [.. jobs];

    public IReadOnlyList<JobStatus> All
    {
        get
        {
            lock (all)
            {
                return [.. all];
            }
        }
    }

    /// <summary>Ends the run of a job.</summary>
    public void End(string name, bool succeeded, string result) => Change(name, job =>
        job with { Running = false, LastRunAt = job.StartedAt + TimeSpan.FromSeconds(2), DurationMilliseconds = 2000, Succeeded = succeeded, Result = result });

    public static void Map(WebApplication app, Func<HttpContext, FakeJobs> of)
    {
        app.MapGet("/jobs", (HttpContext context) => of(context).All.ToArray());
        app.MapPost("/jobs/{name}/runs", (string name, HttpContext context) =>
        {
            var jobs = of(context);
            return jobs.All.FirstOrDefault(job => job.Name == name) switch
            {
                null => Results.NotFound(),
                { Running: true } => Results.Problem("The job runs already.", statusCode: StatusCodes.Status409Conflict, extensions: new Dictionary<string, object?> { ["code"] = "job_running" }),
                _ => Results.Json(
                    jobs.Change(name, job => job with { Running = true, StartedAt = TimeProvider.System.GetUtcNow(), By = context.Request.Headers["x-gb-actor"] }), ContractsJson.Default.JobStatus, statusCode: StatusCodes.Status202Accepted),
            };
        });
    }

    private JobStatus Change(string name, Func<JobStatus, JobStatus> change)
    {
        lock (all)
        {
            var index = all.FindIndex(job => job.Name == name);
            return all[index] = change(all[index]);
        }
    }
}
