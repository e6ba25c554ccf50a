using System.Net;
using System.Net.Http.Json;
using GeminiBalance.Contracts;
using GeminiBalance.GeminiSimulator.Keys;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.KeyHealthService.Transitions;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Jobs;

/// <summary>The jobs of the service, asked for over its API.</summary>
[Collection("servers")]
public sealed class KeyJobsTests(ServersFixture servers)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task List_NamesEveryJob_AndSettingsSayWhichRunByThemselves()
    {
        await using var service = await RunningService.StartAsync(servers, ("Probing:Enabled", "true"), ("Probing:CheckAllEvery", "02:00:00"));

        var jobs = (await service.GetAsync<JobStatus[]>("/jobs")).ToDictionary(job => job.Name);

        Assert.Equal((7200.0, true), (jobs["health-check"].EverySeconds, jobs["health-check"].NextRunAt is not null));
        Assert.Equal((null, null), (jobs["cleanup"].EverySeconds, jobs["cleanup"].NextRunAt));
        Assert.Equal(("00:00 America/Los_Angeles", true), (jobs["quota-roll"].DailyAt, jobs["quota-roll"].NextRunAt is not null));
        Assert.All(jobs.Values, job => Assert.Equal((false, null), (job.Running, job.LastRunAt)));
    }

    [Fact]
    public async Task UnknownName_IsNotFound()
    {
        await using var service = await RunningService.StartAsync(servers);

        foreach (var request in new[] { new HttpRequestMessage(HttpMethod.Get, "/jobs/nobody"), new HttpRequestMessage(HttpMethod.Post, "/jobs/nobody/runs") })
        {
            using var response = await service.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.Contains("job_not_found", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            request.Dispose();
        }
    }

    [Fact]
    public async Task HealthCheck_Asked_ProbesHealthyKeysToo_AndIsRefusedWhileItRuns()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        await using var service = await RunningService.StartAsync(servers, ("Gemini:BaseAddress", simulator.Address.ToString()));
        await simulator.Control.PutKeyAsync(new SimulatedKey(TestKeys.Standard(1), "good", "alpha", null));
        await simulator.Control.PutKeyAsync(new SimulatedKey(TestKeys.Standard(2), "suspended", "beta", "suspended"));
        var ids = (await service.ImportAsync(TestKeys.Lines(4))).Lines.Select(line => line.KeyId!.Value).ToArray();
        await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{ids[3]}/disable");

        // Held here, the run cannot end before the second is asked for.
        await using (var hold = await service.Database.OpenConnectionAsync())
        await using (var transaction = await hold.BeginTransactionAsync())
        {
            await using var block = new Npgsql.NpgsqlCommand("lock table keys.probes in access exclusive mode", hold, transaction);
            await block.ExecuteNonQueryAsync();
            using var asked = await service.Http.PostAsync("/jobs/health-check/runs", null);
            Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
            var begun = (await asked.Content.ReadFromJsonAsync(ContractsJson.Default.JobStatus))!;
            Assert.Equal((true, "ada", null), (begun.Running, begun.By, begun.LastRunAt));
            using var again = await service.Http.PostAsync("/jobs/health-check/runs", null);
            Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
            Assert.Contains("job_running", await again.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var first = await EndOfAsync(service, "health-check");
        Assert.Equal((true, "Checked 3 keys: 1 healthy, 0 not known to be, 1 invalid, 1 forbidden."), (first.Succeeded, first.Result));

        await simulator.Control.PutKeyAsync(new SimulatedKey(TestKeys.Standard(1), "suspended", "alpha", "suspended"));
        using (await service.Http.PostAsync("/jobs/health-check/runs", null))
        {
        }

        await Eventually.TrueAsync(async () => (await service.GetAsync<JobStatus>("/jobs/health-check")) is { Running: false } job && job.StartedAt > first.StartedAt, Soon, "the second run over");
        Assert.Equal(3, (await service.GetAsync<KeyPage>("/keys")).Items.Count(key => key.LastCheckedAt > first.StartedAt));
    }

    [Fact]
    public async Task ModelSync_Asked_TellsWhatCame_AndWithoutKeysWhyNothingDid()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        await using var service = await RunningService.StartAsync(servers, ("Gemini:BaseAddress", simulator.Address.ToString()));
        using (await service.Http.PostAsync("/jobs/model-sync/runs", null))
        {
        }

        var nothing = await EndOfAsync(service, "model-sync");
        Assert.Equal((false, "No key can serve now, so the upstream cannot be asked for its models."), (nothing.Succeeded, nothing.Result));

        await simulator.Control.PutKeyAsync(new SimulatedKey(TestKeys.Standard(1), "good", "alpha", null));
        await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{(await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value}/check");
        using (await service.Http.PostAsync("/jobs/model-sync/runs", null))
        {
        }

        await Eventually.TrueAsync(async () => (await service.GetAsync<JobStatus>("/jobs/model-sync")) is { Running: false } job && job.LastRunAt > nothing.LastRunAt, Soon, "the second run over");
        var synced = await service.GetAsync<JobStatus>("/jobs/model-sync");
        Assert.Equal(true, synced.Succeeded);
        Assert.Matches(@"^[1-9]\d* models are listed: [1-9]\d* new, 0 changed, 0 gone, 0 back\.$", synced.Result);
    }

    [Fact]
    public async Task Cleanup_ByTheClock_SaysWhatItDid()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var settings = await servers.NewDatabaseAsync();
        settings["Cleanup:Enabled"] = "true";
        await using var service = await RunningService.StartAsync(settings, clock);
        await Eventually.TrueAsync(async () => await service.ScalarAsync<long>("select count(*) from keys.jobs where since is not null") == 4, Soon, "the jobs known");

        clock.Advance(TimeSpan.FromHours(1));

        await Eventually.TrueAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(200));
                return (await service.GetAsync<JobStatus>("/jobs/cleanup")) is { Running: false, Succeeded: true, By: "schedule", Result: "Retired 0 dead keys." };
            },
            Soon,
            "the cleanup done");
    }

    [Fact]
    public async Task QuotaRoll_AtMidnightInCalifornia_BeginsTheDayAnew()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var service = await RunningService.StartAsync(await servers.NewDatabaseAsync(), clock);
        var key = (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value;
        var midnight = PacificMidnight.After(clock.GetUtcNow());
        await using (var connection = await service.Database.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await QuotaLedger.AddAsync(transaction, new KeyUsageReported(Guid.CreateVersion7(), "p", clock.GetUtcNow(), [new KeyUsage(key, "gemini-2.5-pro", 7, 7, 100, 0, 1)]), clock.GetUtcNow(), default);
            await transaction.CommitAsync();
        }

        var failure = new KeyAttemptFailure(key, "gemini-2.5-pro", clock.GetUtcNow(), UpstreamOutcomeClass.QuotaPerDay, 429, "RESOURCE_EXHAUSTED", "GenerateRequestsPerDayPerProjectPerModel-FreeTier", 50, null, null);
        await service.Get<FailureIntake>().ApplyAsync(Guid.CreateVersion7(), new KeyAttemptsFailed(Guid.CreateVersion7(), "p", [failure]), default);
        Assert.Equal("Exhausted", await service.ScalarAsync<string>("select status from keys.mt_doc_quota"));
        await Eventually.TrueAsync(async () => await service.ScalarAsync<long>("select count(*) from keys.jobs where since is not null") == 4, Soon, "the jobs known");

        clock.Advance(midnight - clock.GetUtcNow());

        var done = await Eventually.ValueAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(200));
                return await service.GetAsync<JobStatus>("/jobs/quota-roll") is { Running: false, LastRunAt: not null } job ? job : null;
            },
            Soon,
            "the day rolled");
        Assert.Equal(
            (true, $"The quota day {PacificMidnight.DayOf(midnight):yyyy-MM-dd} runs: 1 counts of earlier days (7 requests) begin anew, 1 quotas became available since midnight in California."),
            (done.Succeeded, done.Result));
        Assert.Equal(PacificMidnight.After(midnight), done.NextRunAt);
        Assert.Equal((0L, "Available"), (await service.ScalarAsync<long>("select day_requests from keys.quota_use"), await service.ScalarAsync<string>("select status from keys.mt_doc_quota")));
    }

    private static Task<JobStatus> EndOfAsync(RunningService service, string name) => Eventually.ValueAsync(
        async () => await service.GetAsync<JobStatus>($"/jobs/{name}") is { Running: false, LastRunAt: not null } job ? job : null, Soon, "the run over");
}
