using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Importing;
using GeminiBalance.KeyHealthService.Tests.Publishing;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Importing;

[Collection("servers")]
public sealed class ImportJobTests(ServersFixture servers)
{
    /// <summary>The aim is 256 MiB, and the figures are with the benchmarks; the rest is room for other machines.</summary>
    private const long MostMemory = 288L << 20;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(120);
    private volatile Exception? failure;

    [Fact]
    public void Runner_ToldByManyAtOnce_IsToldOnce()
    {
        for (var n = 0; n < 2_000; n++)
        {
            using var runner = new ImportRunner(null!, null!, null!, null!, null!, TimeProvider.System, NullLogger<ImportRunner>.Instance);
            using var together = new Barrier(2);
            var told = new Thread(Tell);
            told.Start();
            Tell();
            told.Join();

            void Tell()
            {
                together.SignalAndWait();
                failure = Record.Exception(runner.Set) ?? failure;
            }
        }

        Assert.Null(failure);
    }

    [Fact]
    public async Task Job_FromDryRunToUndo_SaysWhatBecomesOfEveryLine()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.ImportAsync(TestKeys.Standard(0));
        var text = TestKeys.Lines(1500) + $"\n{TestKeys.Standard(7)}\nno key at all";

        var looked = await DoneAsync(service, await StartAsync(service, text, "?dryRun=true"));
        Assert.Equal((ImportState.Done, 1502, 1499, 2, 1), (looked.State, looked.Total, looked.Added, looked.Duplicates, looked.Rejected));
        Assert.Equal(1, (await service.GetAsync<KeySummary>("/keys/summary")).Total);

        var begun = await StartAsync(service, text, "", "once");
        Assert.Equal(begun.Id, (await StartAsync(service, text, "", "once")).Id);
        var done = await DoneAsync(service, begun);
        Assert.Equal((1499, 2, 1, "lines"), (done.Added, done.Duplicates, done.Rejected, done.Format));
        Assert.Equal(1500, (await RedisPool.ReadAsync(service.Redis)).Keys.Count);
        Assert.True((await RedisPool.ReadAsync(service.Redis)).Head.Sequence >= done.Sequence);
        Assert.Equal(0, await service.ScalarAsync<long>("select count(*) from keys.import_lines where data is not null"));

        var lines = new List<ImportLine>();
        string? after = "";
        while (after is not null)
        {
            var page = await service.GetAsync<ImportLinePage>($"/keys/import-jobs/{done.Id}/lines?limit=1000&after={after}");
            lines.AddRange(page.Items);
            after = page.Next;
        }

        Assert.Equal(Enumerable.Range(1, 1502), lines.Select(line => line.Line));
        Assert.Equal((ImportOutcome.AlreadyInPool, ImportOutcome.DuplicateInFile, ImportOutcome.NotAKey), (lines[0].Outcome, lines[1500].Outcome, lines[1501].Outcome));
        Assert.Equal(lines[1501].Reason, Assert.Single((await service.GetAsync<ImportLinePage>($"/keys/import-jobs/{done.Id}/lines?outcome=NotAKey")).Items).Reason);

        var undone = await service.SendAsync<ImportJob>(HttpMethod.Post, $"/keys/import-jobs/{done.Id}/undo");
        Assert.Equal(ImportState.Undone, undone.State);
        Assert.Equal((1, 1L), ((await service.GetAsync<KeySummary>("/keys/summary")).Total, await service.ScalarAsync<long>("select count(*) from keys.secrets")));
    }

    [Fact]
    public async Task Job_WithTerms_AddsKeysSwitchedOffThatNobodyProbes()
    {
        await using var service = await RunningService.StartAsync(servers);

        await DoneAsync(service, await StartAsync(service, TestKeys.Lines(3), "?disabled=true&labelPrefix=eu-&project=p&tier=paid&tags=new,eu"));

        var keys = (await service.GetAsync<KeyPage>("/keys")).Items;
        Assert.Equal(3, keys.Count);
        Assert.All(keys, key => Assert.Equal((KeyStatus.Disabled, "p", KeyTier.Paid, "new,eu"), (key.Status, key.Project, key.Tier, string.Join(',', key.Tags!))));
        Assert.Equal(["eu-1", "eu-2", "eu-3"], keys.Select(key => key.Label).Order());
        Assert.Equal(3, await service.ScalarAsync<long>("select count(*) from keys.probes where next_check_at is null and last_checked_at is null"));
    }

    [Fact]
    public async Task Job_WithTermsThatMakeNoSense_IsRefusedWhole()
    {
        await using var service = await RunningService.StartAsync(servers);
        (string Query, string Code)[] mistakes =
        [
            ("dryRun=perhaps", "invalid_dry_run"), ("disabled=perhaps", "invalid_disabled"), ("tier=7", "invalid_tier"), ("tier=gold", "invalid_tier"),
            ("project=a%0Ab", "invalid_project"), ("labelPrefix=a%00b", "invalid_label_prefix"), ("tags=a%07", "invalid_tags"),
        ];
        foreach (var (query, code) in mistakes)
        {
            using var response = await service.Http.PostAsync($"/keys/import-jobs?{query}", new StringContent(TestKeys.Lines(1), Encoding.UTF8, "text/plain"));

            Assert.Equal((HttpStatusCode.BadRequest, query), (response.StatusCode, query));
            Assert.Contains($"\"{code}\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Empty(await service.GetAsync<ImportJob[]>("/keys/import-jobs"));
    }

    [Fact]
    public async Task Job_WhoseProcessDied_GoesOnInTheNextAndCountsNothingTwice()
    {
        Dictionary<string, string?> settings;
        ImportJob job;
        await using (var service = await RunningService.StartAsync(servers))
        {
            settings = service.Settings;
            job = await StartAsync(service, TestKeys.Lines(4000), "");
            await Eventually.TrueAsync(async () => (await FindAsync(service, job)).Processed > 0, Long, "the first batch");
        }

        await using var next = await RunningService.StartAsync(settings);
        var done = await DoneAsync(next, job);

        Assert.Equal((4000, 0, 4000), (done.Added, done.Duplicates, done.Total));
        Assert.Equal(4000, await next.ScalarAsync<long>("select count(*) from keys.mt_events where type = 'gb.key.added.v1'"));
    }

    [Fact]
    public async Task Job_Cancelled_KeepsWhatItAddedAndCanBeResumed()
    {
        await using var service = await RunningService.StartAsync(servers);
        var job = await StartAsync(service, TestKeys.Lines(20_000), "");
        var cancelled = await service.SendAsync<ImportJob>(HttpMethod.Post, $"/keys/import-jobs/{job.Id}/cancel");
        Assert.Equal(ImportState.Cancelled, cancelled.State);
        using (var again = await service.Http.PostAsync($"/keys/import-jobs/{job.Id}/cancel", null))
        {
            Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        }

        var undone = await service.SendAsync<ImportJob>(HttpMethod.Post, $"/keys/import-jobs/{job.Id}/undo");
        Assert.Equal(ImportState.Undone, undone.State);
        using var missing = await service.Http.GetAsync($"/keys/import-jobs/{Guid.CreateVersion7()}");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    [Trait("Suite", "Full")]
    public async Task Job_OfAHundredThousandKeys_EndsWithinItsMemory()
    {
        await using var service = await RunningService.StartAsync(servers, ("Probing:Enabled", "false"));
        using var process = await ServiceProcess.StartAsync(service.Settings);
        await service.StopAsync();
        var watch = Stopwatch.StartNew();
        using var started = await process.Http.PostAsync("/keys/import-jobs", new StringContent(TestKeys.Lines(100_000), Encoding.UTF8, "text/plain"));
        var job = (await started.Content.ReadFromJsonAsync<ImportJob>(ContractsJson.Default.Options))!;
        await Eventually.TrueAsync(
            async () =>
            {
                job = (await process.Http.GetFromJsonAsync<ImportJob>($"/keys/import-jobs/{job.Id}", ContractsJson.Default.Options))!;
                return job.State == ImportState.Done;
            },
            TimeSpan.FromMinutes(5),
            "the import of 100,000 keys");
        process.Refresh();
        TestContext.Current.TestOutputHelper?.WriteLine($"100,000 keys in {watch.Elapsed.TotalSeconds:0.0} s, process at most {process.MostMemory >> 20} MiB");

        watch.Restart();
        Assert.Equal(100_000, (await RedisPool.ReadAsync(service.Redis)).Keys.Count);
        TestContext.Current.TestOutputHelper?.WriteLine($"the pool read from Redis in {watch.Elapsed.TotalSeconds:0.00} s");
        await service.Redis.KeyDeleteAsync(PoolRedisKeys.Head);
        watch.Restart();
        await Eventually.TrueAsync(() => service.Redis.KeyExistsAsync(PoolRedisKeys.Head), Long, "the whole pool published again");
        TestContext.Current.TestOutputHelper?.WriteLine($"the whole pool published again in {watch.Elapsed.TotalSeconds:0.00} s, the look of every second included");

        Assert.Equal(100_000, job.Added);
        Assert.True(process.MostMemory < MostMemory, $"It took {process.MostMemory >> 20} MiB.");
    }

    [Fact]
    [Trait("Suite", "Full")]
    public async Task Job_WhoseServiceIsKilled_GoesOnAtTheNextStart_AndAddsEveryKeyOnce()
    {
        const int Count = 20_000;
        await using var service = await RunningService.StartAsync(servers, ("Probing:Enabled", "false"));
        await service.StopAsync();
        ImportJob job;
        using (var process = await ServiceProcess.StartAsync(service.Settings))
        {
            using var started = await process.Http.PostAsync("/keys/import-jobs", new StringContent(TestKeys.Lines(Count), Encoding.UTF8, "text/plain"));
            job = (await started.Content.ReadFromJsonAsync<ImportJob>(ContractsJson.Default.Options))!;
            await Eventually.TrueAsync(async () => await service.ScalarAsync<long>("select count(*) from keys.secrets") > Count / 10, Long, "a part of the keys");
            process.Kill();
        }

        Assert.True(await service.ScalarAsync<long>("select count(*) from keys.secrets") < Count, "It was over before it was killed.");
        using var next = await ServiceProcess.StartAsync(service.Settings);
        await Eventually.TrueAsync(
            async () => (job = (await next.Http.GetFromJsonAsync<ImportJob>($"/keys/import-jobs/{job.Id}", ContractsJson.Default.Options))!).State == ImportState.Done,
            TimeSpan.FromMinutes(3),
            "the rest of the import");

        Assert.Equal((Count, 0, 0), (job.Added, job.Duplicates, job.Rejected));
        Assert.Equal((Count, Count), (await service.ScalarAsync<long>("select count(*) from keys.secrets"), await service.ScalarAsync<long>("select count(*) from keys.mt_doc_key")));
    }

    private static async Task<ImportJob> StartAsync(RunningService service, string text, string query, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/keys/import-jobs" + query) { Content = new StringContent(text, Encoding.UTF8, "text/plain") };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        using var response = await service.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<ImportJob>(ContractsJson.Default.Options))!;
    }

    private static Task<ImportJob> FindAsync(RunningService service, ImportJob job) => service.GetAsync<ImportJob>($"/keys/import-jobs/{job.Id}");

    private static async Task<ImportJob> DoneAsync(RunningService service, ImportJob job)
    {
        await Eventually.TrueAsync(async () => (await FindAsync(service, job)).State == ImportState.Done, Long, "the job done");
        return await FindAsync(service, job);
    }
}
