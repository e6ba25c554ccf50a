using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.ServiceDefaults.Jobs;
using GeminiBalance.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Jobs;

/// <summary>The runner of jobs on a database of its own, with a clock that the test moves.</summary>
[Collection("servers")]
public sealed class JobRunnerTests(ServersFixture servers)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Schedule_OverARestart_GoesOnWhereItWas()
    {
        var database = await DatabaseAsync();
        var (job, clock) = (new Job(Hour), new FakeTimeProvider(DateTimeOffset.UtcNow));
        var begin = clock.GetUtcNow();
        await using (var first = await Replica.StartAsync(database, clock, job))
        {
            await Eventually.TrueAsync(async () => (await first.StatusAsync()).NextRunAt is not null && await KnownAsync(database), Soon, "the job known");
            clock.Advance(TimeSpan.FromMinutes(40));
        }

        await using var second = await Replica.StartAsync(database, clock, job);
        var due = await second.StatusAsync();
        Assert.True(due is { Running: false, LastRunAt: null, Succeeded: null, StartedAt: null, EverySeconds: 3600 });
        Assert.InRange(due.NextRunAt!.Value, begin + Hour - TimeSpan.FromSeconds(1), begin + Hour + TimeSpan.FromSeconds(1));
        Assert.Equal(0, job.Runs);

        clock.Advance(TimeSpan.FromMinutes(20));
        await second.UntilAsync(clock, status => status.LastRunAt is not null);
        var done = await second.StatusAsync();
        Assert.Equal((true, "Done 1 times.", "schedule", false), (done.Succeeded, done.Result, done.By, done.Running));
        Assert.Equal(done.StartedAt + Hour, done.NextRunAt);
        Assert.InRange(done.DurationMilliseconds!.Value, 0, 60_000);
    }

    [Fact]
    public async Task TwoReplicas_WithOneJobDue_RunItOnce()
    {
        var database = await DatabaseAsync();
        var (job, clock) = (new Job(Hour), new FakeTimeProvider(DateTimeOffset.UtcNow));
        await using var first = await Replica.StartAsync(database, clock, job);
        await using var second = await Replica.StartAsync(database, clock, job);
        await Eventually.TrueAsync(() => KnownAsync(database), Soon, "the job known");
        job.Hold();

        clock.Advance(Hour);
        await first.UntilAsync(clock, status => status.Running);
        Assert.True((await second.StatusAsync()).Running);
        Assert.False(await first.Runner.TryStartAsync(job.Name, "ada", default));
        Assert.False(await second.Runner.TryStartAsync(job.Name, "ada", default));
        job.Go();
        await second.UntilAsync(clock, status => status is { Running: false, LastRunAt: not null });

        Assert.Equal(1, job.Runs);
        Assert.True(await second.Runner.TryStartAsync(job.Name, "ada", default));
        await first.UntilAsync(clock, status => status is { Running: false, Result: "Done 2 times." });
        Assert.Equal("ada", (await first.StatusAsync()).By);
    }

    [Theory]
    [InlineData("wrong words", "It failed with InvalidOperationException; the log of the service says more.")]
    [InlineData("said", "The upstream is away.")]
    public async Task Failure_IsKeptWithoutItsMessage_AndTriedAgainAtTheNextTime(string kind, string result)
    {
        var database = await DatabaseAsync();
        var (job, clock) = (new Job(Hour), new FakeTimeProvider(DateTimeOffset.UtcNow));
        await using var replica = await Replica.StartAsync(database, clock, job);
        await Eventually.TrueAsync(() => KnownAsync(database), Soon, "the job known");
        job.Failure = kind == "said" ? new JobFailedException(result) : new InvalidOperationException("AIza-a-secret");

        clock.Advance(Hour);
        await replica.UntilAsync(clock, status => status.Succeeded == false);
        var failed = await replica.StatusAsync();
        Assert.Equal((result, false), (failed.Result, failed.Running));

        job.Failure = null;
        Assert.Equal(failed.StartedAt + Hour, failed.NextRunAt);
        clock.Advance(Hour);
        await replica.UntilAsync(clock, status => status.Succeeded == true);
    }

    [Fact]
    public async Task Run_CutOffByAStop_ShowsAsInterruptedAndIsRepeated()
    {
        var database = await DatabaseAsync();
        var (job, clock) = (new Job(TimeSpan.FromDays(1)), new FakeTimeProvider(DateTimeOffset.UtcNow));
        job.Hold();
        await using (var first = await Replica.StartAsync(database, clock, job))
        {
            Assert.True(await first.Runner.TryStartAsync(job.Name, "ada", default));
            await Eventually.TrueAsync(() => Task.FromResult(job.Runs == 1), Soon, "the run begun");
        }

        await using var second = await Replica.StartAsync(database, clock, job);
        var cut = await second.StatusAsync();
        Assert.Equal((false, false, "It was interrupted before its end."), (cut.Running, cut.Succeeded, cut.Result));
        Assert.Equal(cut.StartedAt + JobRunner.AfterInterruption, cut.NextRunAt);

        job.Go();
        clock.Advance(JobRunner.AfterInterruption);
        await second.UntilAsync(clock, status => status is { Succeeded: true, Running: false });
        Assert.Equal(2, job.Runs);
    }

    [Fact]
    public async Task Run_WhoseLockIsLost_Ends()
    {
        var database = await DatabaseAsync();
        var (job, clock) = (new Job(null), new FakeTimeProvider(DateTimeOffset.UtcNow));
        job.Hold();
        await using var replica = await Replica.StartAsync(database, clock, job);
        Assert.True(await replica.Runner.TryStartAsync(job.Name, "ada", default));
        await Eventually.TrueAsync(() => Task.FromResult(job.Runs == 1), Soon, "the run begun");
        await using (var source = NpgsqlDataSource.Create(database))
        await using (var kill = source.CreateCommand(
            "select count(pg_terminate_backend(pid)) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())"))
        {
            Assert.Equal(1L, await kill.ExecuteScalarAsync());
        }

        await replica.UntilAsync(clock, status => status.Result == "It lost its connection to the database, and with it the right to run.");
        var lost = await replica.StatusAsync();
        Assert.Equal((false, false, null), (lost.Running, lost.Succeeded, lost.NextRunAt));
    }

    [Fact]
    public async Task Run_WithoutEnd_IsGivenUp()
    {
        var (job, clock) = (new Job(null), new FakeTimeProvider(DateTimeOffset.UtcNow));
        job.Hold();
        await using var replica = await Replica.StartAsync(await DatabaseAsync(), clock, job);
        Assert.True(await replica.Runner.TryStartAsync(job.Name, "ada", default));
        await Eventually.TrueAsync(() => Task.FromResult(job.Runs == 1), Soon, "the run begun");

        clock.Advance(TimeSpan.FromHours(4));

        await replica.UntilAsync(clock, status => status is { Succeeded: false, Running: false, Result: "It was given up after 4:00:00." });
    }

    [Fact]
    public async Task Names_UsedTwice_AreRefused()
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System)
            .AddSingleton(NpgsqlDataSource.Create(await DatabaseAsync())).AddSingleton<IJob>(new Job(null)).AddSingleton<IJob>(new Job(null)).AddJobRunner("jobs_test");
        await using var provider = services.BuildServiceProvider();

        Assert.Contains("Two jobs are called count", Assert.Throws<InvalidOperationException>(provider.GetRequiredService<JobRunner>).Message, StringComparison.Ordinal);
    }

    private static async Task<bool> KnownAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("select count(*) from jobs_test.jobs where since is not null");
        return await command.ExecuteScalarAsync() is 1L;
    }

    private async Task<string> DatabaseAsync()
    {
        var database = (await servers.NewDatabaseAsync())["ConnectionStrings:geminibalance"]!;
        await using var source = NpgsqlDataSource.Create(database);
        for (var time = 0; time < 2; time++)
        {
            await using var command = source.CreateCommand("create schema if not exists jobs_test;" + JobsExtensions.Definition("jobs_test"));
            await command.ExecuteNonQueryAsync();
        }

        return database;
    }

    private sealed class Job(TimeSpan? pause) : IJob
    {
        private TaskCompletionSource gate = Opened();
        private int runs;

        public string Name => "count";

        public JobSchedule? Schedule => pause is { } every ? new JobSchedule.Every(every) : null;

        public int Runs => Volatile.Read(ref runs);

        public Exception? Failure { get; set; }

        public void Hold() => gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Go() => gate.SetResult();

        public async Task<string> RunAsync(JobRun run, CancellationToken cancellation)
        {
            var count = Interlocked.Increment(ref runs);
            await gate.Task.WaitAsync(cancellation);
            return Failure is null ? $"Done {count} times." : throw Failure;
        }

        private static TaskCompletionSource Opened()
        {
            var opened = new TaskCompletionSource();
            opened.SetResult();
            return opened;
        }
    }

    private sealed class Replica : IAsyncDisposable
    {
        private readonly IHost host;

        private Replica(IHost host) => this.host = host;

        public JobRunner Runner => host.Services.GetRequiredService<JobRunner>();

        public static async Task<Replica> StartAsync(string database, TimeProvider clock, IJob job)
        {
            var builder = Host.CreateEmptyApplicationBuilder(null);
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton(clock).AddSingleton(job).AddNpgsqlDataSource(database).AddJobRunner("jobs_test");
            var host = builder.Build();
            await host.StartAsync();
            return new Replica(host);
        }

        public async Task<JobStatus> StatusAsync() => Assert.Single(await Runner.StatusAsync(default));

        /// <summary>Lets the clock go on, because the runner sleeps by it, until the job is where it should be.</summary>
        public Task UntilAsync(FakeTimeProvider clock, Func<JobStatus, bool> condition) => Eventually.TrueAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(200));
                return condition(await StatusAsync());
            },
            Soon,
            "the job where it should be");

        public async ValueTask DisposeAsync()
        {
            await host.StopAsync();
            host.Dispose();
        }
    }
}
