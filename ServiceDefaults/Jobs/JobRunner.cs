using System.Collections.Concurrent;
using GeminiBalance.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace GeminiBalance.ServiceDefaults.Jobs;

/// <summary>
/// Runs the jobs of a service when their time has come or somebody asks, each on one replica at a time, and keeps in the database what came of it:
/// neither a restart nor a failure changes when a job is due.
/// </summary>
public sealed partial class JobRunner : BackgroundService
{
    /// <summary>How often the runner looks whose time has come.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>How soon a run that was cut off is repeated, if its next time is not sooner.</summary>
    public static readonly TimeSpan AfterInterruption = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(5);

    private readonly JobStore store;
    private readonly IJob[] jobs;
    private readonly TimeProvider time;
    private readonly ILogger<JobRunner> logger;
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<Task, byte> runs = new();
    private bool storeIsAway;

    internal JobRunner(JobStore store, IEnumerable<IJob> jobs, TimeProvider time, ILogger<JobRunner> logger)
    {
        (this.store, this.jobs, this.time, this.logger) = (store, [.. jobs], time, logger);
        if (this.jobs.GroupBy(job => job.Name).FirstOrDefault(same => same.Count() > 1) is { } doubled)
        {
            throw new InvalidOperationException($"Two jobs are called {doubled.Key}.");
        }
    }

    /// <summary>Where every job stands, in the order of their registration.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<JobStatus[]> StatusAsync(CancellationToken cancellation)
    {
        var known = await store.ReadAsync([.. jobs.Select(job => job.Name)], cancellation).ConfigureAwait(false);
        return [.. jobs.Select(job => Say(job, known[job.Name]))];
    }

    /// <summary>Where one job stands; null when there is none of this name.</summary>
    /// <param name="name">The job.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<JobStatus?> StatusAsync(string name, CancellationToken cancellation) =>
        Find(name) is { } job ? Say(job, (await store.ReadAsync([name], cancellation).ConfigureAwait(false))[name]) : null;

    /// <summary>Begins a run without waiting for its end.</summary>
    /// <param name="name">The job.</param>
    /// <param name="by">Who asks for it.</param>
    /// <param name="cancellation">Ends the wait for the begin, not the run.</param>
    /// <returns>False when it runs already, here or on another replica, or when there is none of this name.</returns>
    public async Task<bool> TryStartAsync(string name, string by, CancellationToken cancellation) =>
        Find(name) is { } job && await TryStartAsync(job, by, cancellation).ConfigureAwait(false);

    /// <summary>Ends the runs of this replica and waits for them.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(runs.Keys).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        stopping.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await StartDueAsync(stoppingToken).ConfigureAwait(false);
                storeIsAway = false;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (!storeIsAway)
                {
                    LogAway(e.GetType().Name);
                }

                storeIsAway = true;
            }

            await Task.Delay(Look, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StartDueAsync(CancellationToken cancellation)
    {
        var known = await store.ReadAsync([.. jobs.Select(job => job.Name)], cancellation).ConfigureAwait(false);
        foreach (var job in jobs)
        {
            var record = known[job.Name];
            if (record.Since is null)
            {
                await store.MeetAsync(job.Name, time.GetUtcNow(), cancellation).ConfigureAwait(false);
            }
            else if (!record.Running && IsDue(job, record))
            {
                await TryStartAsync(job, JobRun.BySchedule, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> TryStartAsync(IJob job, string by, CancellationToken cancellation)
    {
        if (stopping.IsCancellationRequested || await store.TryLockAsync(job.Name, cancellation).ConfigureAwait(false) is not { } held)
        {
            return false;
        }

        var run = new JobRun(by, time.GetUtcNow());
        try
        {
            // Another replica may have seen that it is due at the same time, and be done by now. The lock that shows is this one.
            if (run.IsScheduled && !IsDue(job, (await store.ReadAsync([job.Name], cancellation).ConfigureAwait(false))[job.Name] with { Running = false }))
            {
                await held.DisposeAsync().ConfigureAwait(false);
                return false;
            }

            await store.BeginAsync(job.Name, by, run.StartedAt, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        var running = Task.Run(() => RunAsync(job, run, held), CancellationToken.None);
        runs.TryAdd(running, 0);
        _ = running.ContinueWith(done => runs.TryRemove(done, out _), TaskScheduler.Default);
        return true;
    }

    private async Task RunAsync(IJob job, JobRun run, JobLock held)
    {
        var began = time.GetTimestamp();
        await using (held.ConfigureAwait(false))
        {
            using var tooLong = new CancellationTokenSource(job.Longest, time);
            using var lost = new CancellationTokenSource();
            using var watched = new CancellationTokenSource();
            using var any = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, tooLong.Token, lost.Token);
            var watch = WatchAsync(held, lost, watched.Token);
            var (succeeded, result) = (false, "");
            try
            {
                (succeeded, result) = (true, await job.RunAsync(run, any.Token).ConfigureAwait(false));
                LogDone(job.Name, result);
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                // Nothing is noted: the run shows as interrupted and is repeated soon.
                return;
            }
            catch (Exception e)
            {
                result = lost.IsCancellationRequested ? "It lost its connection to the database, and with it the right to run."
                    : tooLong.IsCancellationRequested ? $"It was given up after {job.Longest:g}."
                    : Reason(e);
                LogFailed(job.Name, result, e);
            }
            finally
            {
                await watched.CancelAsync().ConfigureAwait(false);
                await watch.ConfigureAwait(false);
            }

            try
            {
                await store.EndAsync(job.Name, time.GetUtcNow(), time.GetElapsedTime(began), succeeded, result, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                LogNotKept(job.Name, e);
            }
        }
    }

    private async Task WatchAsync(JobLock held, CancellationTokenSource lost, CancellationToken ended)
    {
        await held.WatchAsync(Watch, time, ended).ConfigureAwait(false);
        if (!ended.IsCancellationRequested)
        {
            await lost.CancelAsync().ConfigureAwait(false);
        }
    }

    private JobStatus Say(IJob job, JobRecord record)
    {
        var schedule = job.Schedule;
        var (lastRunAt, succeeded, result, took) = record.IsInterrupted
            ? (record.StartedAt, false, "It was interrupted before its end.", null)
            : (record.EndedAt, record.Succeeded, record.Result, record.DurationMilliseconds);
        return new JobStatus(
            job.Name,
            record.Running,
            lastRunAt,
            succeeded,
            result,
            NextOf(job, record),
            record.StartedAt,
            took,
            record.By,
            (schedule as JobSchedule.Every)?.Pause.TotalSeconds,
            (schedule as JobSchedule.Daily)?.ToString());
    }

    private bool IsDue(IJob job, JobRecord record) => NextOf(job, record) <= time.GetUtcNow();

    private DateTimeOffset? NextOf(IJob job, JobRecord record)
    {
        if (job.Schedule is not { } schedule)
        {
            return null;
        }

        var next = schedule.NextAfter(record.StartedAt ?? record.EndedAt ?? record.Since ?? time.GetUtcNow());
        return record.IsInterrupted && record.StartedAt + AfterInterruption < next ? record.StartedAt + AfterInterruption : next;
    }

    private IJob? Find(string name) => Array.Find(jobs, job => job.Name == name);

    /// <summary>What operators read of an exception. Its own message may hold anything, so that it goes into the log only.</summary>
    private static string Reason(Exception e) => e switch
    {
        JobFailedException => e.Message,
        PostgresException refused => $"The database refused: {refused.MessageText}",
        NpgsqlException => "The database does not answer.",
        _ => $"It failed with {e.GetType().Name}; the log of the service says more.",
    };

    [LoggerMessage(1, LogLevel.Information, "Job {Job}: {Result}")]
    private partial void LogDone(string job, string result);

    [LoggerMessage(2, LogLevel.Error, "Job {Job} failed and will be tried again at its next time: {Result}")]
    private partial void LogFailed(string job, string result, Exception e);

    [LoggerMessage(3, LogLevel.Error, "What came of job {Job} could not be kept")]
    private partial void LogNotKept(string job, Exception e);

    [LoggerMessage(4, LogLevel.Warning, "Which jobs are due cannot be read ({Problem}); the runner keeps trying")]
    private partial void LogAway(string problem);
}
