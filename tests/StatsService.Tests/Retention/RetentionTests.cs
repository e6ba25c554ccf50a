using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Retention;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using GeminiBalance.TestKit;
using JasperFx.Events;
using Microsoft.Extensions.Options;
using Npgsql;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Retention;

public sealed class RetentionTests(ServersFixture servers)
{
    [Fact]
    public async Task Run_OldAndNewBatches_DeletesTheOldOnesKeepsTheirSumsAndTellsIt()
    {
        await using var service = await InProcess.StartAsync(servers);
        var now = DateTimeOffset.UtcNow;
        var old = Facts.Batch([.. Enumerable.Range(0, 30).Select(n => Facts.Fact(at: now.AddDays(-100).AddMinutes(n)))]);
        var young = Facts.Batch([.. Enumerable.Range(0, 20).Select(n => Facts.Fact(at: now.AddDays(-2).AddMinutes(n)))]);
        var unseen = Facts.Batch(Facts.Fact(at: now.AddDays(-95)));
        await service.Facts.StoreAsync(old, default);
        await service.Facts.StoreAsync(young, default);
        await service.Get<AuditStore>().StoreAsync(Guid.CreateVersion7(), AuditArea.Keys, [new DomainChange(Guid.CreateVersion7(), null, "s", "k", now.AddDays(-100), "a", "c")], default);
        await service.CatchUpAsync();
        await service.Facts.StoreAsync(unseen, default);
        await service.ExecuteAsync($"update stats.mt_streams set timestamp = now() - interval '100 days' where id <> '{young.BatchId}'");
        var sums = await service.ContentsAsync(UsageByKey.TableName);

        var result = await service.Get<RetentionRun>().RunAsync(default);

        Assert.StartsWith("Deleted 30 requests in 1 batches from before ", result, StringComparison.Ordinal);
        Assert.Equal(22L, await service.ScalarAsync<long>("select count(*) from stats.mt_events"));
        Assert.Equal(sums, await service.ContentsAsync(UsageByKey.TableName));
        await service.CatchUpAsync();
        var withUnseen = await service.ContentsAsync(UsageByKey.TableName);
        await service.RebuildAsync(service.Get<IEnumerable<IView>>().Single(view => view.Name == UsageByKey.TableName));
        Assert.Equal(withUnseen, await service.ContentsAsync(UsageByKey.TableName));

        // A deleted fact that comes again cannot be told from a new one: it is parked, not counted.
        var again = await service.Facts.StoreAsync(old, default);
        Assert.Equal((0, 30), (again.Stored, again.Refused.Count));
        Assert.Equal(30, await service.Get<ParkedFacts>().CountAsync(default));
    }

    [Fact]
    public async Task Run_SingleRequestsThatAreKeptElsewhere_GoToo()
    {
        await using var service = await InProcess.StartAsync(servers);
        var now = DateTimeOffset.UtcNow;
        await service.Facts.StoreAsync(Facts.Batch(Facts.Fact(RequestOutcome.UpstreamError, at: now.AddDays(-100)), Facts.Fact(RequestOutcome.UpstreamError, at: now.AddDays(-2))), default);
        await service.CatchUpAsync();
        var parked = service.Get<ParkedFacts>();
        await parked.ParkAsync(Facts.Batch(Facts.Fact()), 0, "old", default);
        await service.ExecuteAsync($"update {ParkedFacts.Qualified} set parked_at = now() - interval '100 days'");
        await parked.ParkAsync(Facts.Batch(Facts.Fact()), 0, "young", default);

        await service.Get<RetentionRun>().RunAsync(default);

        Assert.Equal(1L, await service.ScalarAsync<long>("select count(*) from stats.recent_failures"));
        Assert.Equal("young", Assert.Single(await parked.ListAsync(10, default)).Reason);
    }

    [Fact]
    public async Task Run_WhileAnOldBatchIsBeingAppended_WaitsForItsEnd()
    {
        await using var service = await InProcess.StartAsync(servers);
        var segment = Guid.CreateVersion7();
        var batch = Facts.Batch(Facts.Fact(at: DateTimeOffset.UtcNow.AddDays(-100))) with { Segment = segment };

        // A segment that another transaction is about to write holds the batch up in the middle of its own.
        await using var connection = await service.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"insert into {Segments.Qualified} (segment, proxy, stored_facts, stored_tokens, touched_at) values ('{segment}', 'p', 0, 0, now())", connection, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var append = service.Facts.StoreAsync(batch, default);
        await WaitingAsync(service, "transactionid", 1);
        var run = service.Get<RetentionRun>().RunAsync(default);
        await WaitingAsync(service, "advisory", 1);
        Assert.Equal(DateTimeOffset.UnixEpoch, await service.Get<Horizon>().ReadAsync(default));
        await transaction.RollbackAsync();

        Assert.Equal(1, (await append).Stored);
        await run;
        Assert.Equal(1L, await service.ScalarAsync<long>("select count(*) from stats.mt_events"));
        Assert.Equal(0, await service.Get<ParkedFacts>().CountAsync(default));
    }

    [Fact]
    public async Task Append_AfterAnOutdatedLookAtTheHorizon_IsRefusedInItsOwnTransaction()
    {
        await using var service = await InProcess.StartAsync(servers);
        var now = DateTimeOffset.UtcNow;
        var (gone, kept) = (Facts.Fact(at: now.AddDays(-100)), Facts.Fact(at: now.AddDays(-2)));
        await service.Facts.StoreAsync(Facts.Batch(gone), default);
        await service.CatchUpAsync();
        await service.ExecuteAsync("update stats.mt_streams set timestamp = now() - interval '100 days'");
        var horizon = service.Get<Horizon>();
        var isBehind = await horizon.BehindAsync([gone, kept], default);

        await service.Get<RetentionRun>().RunAsync(default);
        Assert.False(isBehind(gone));
        var outcome = await service.Get<EventAppender>().AppendAsync(
            Guid.CreateVersion7(), [new Event<RequestFact>(gone) { Id = gone.Id }, new Event<RequestFact>(kept) { Id = kept.Id }], horizon.Guard, default);

        Assert.Equal(1, outcome.Stored);
        Assert.Equal((gone.Id, Horizon.BehindState), (Assert.Single(outcome.Refused).Key, outcome.Refused[gone.Id]));
        Assert.Equal(kept.Id, await service.ScalarAsync<Guid>("select id from stats.mt_events"));
    }

    [Fact]
    public async Task Run_WhileAViewIsRebuilt_WaitsAndLeavesTheHorizonUntilThen()
    {
        await using var service = await InProcess.StartAsync(servers);
        var clock = new WaitedClock();
        var retention = new RetentionRun(service.Source, service.Get<Horizon>(), service.Positions, service.Get<IOptionsMonitor<RetentionOptions>>(), clock);
        Task<string> run;
        await using (var rebuild = await SessionLock.TryTakeAsync(service.Source, SessionRight.Past, default))
        {
            Assert.NotNull(rebuild);
            run = retention.RunAsync(default);
            await clock.Waits.WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(DateTimeOffset.UnixEpoch, await service.Get<Horizon>().ReadAsync(default));
        }

        Assert.StartsWith("Deleted 0 requests", await run, StringComparison.Ordinal);
        Assert.NotEqual(DateTimeOffset.UnixEpoch, await service.Get<Horizon>().ReadAsync(default));
    }

    private static Task WaitingAsync(InProcess service, string kind, long sessions) => Eventually.TrueAsync(
        async () => await service.ScalarAsync<long>(
            $"select count(*) from pg_locks l join pg_stat_activity a on a.pid = l.pid where l.locktype = '{kind}' and not l.granted and a.datname = current_database()") == sessions,
        TimeSpan.FromSeconds(60),
        $"{sessions} sessions waiting for a lock of kind {kind}");

    /// <summary>Tells when somebody waits by it.</summary>
    private sealed class WaitedClock : TimeProvider
    {
        private readonly TaskCompletionSource waits = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Waits => waits.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            waits.TrySetResult();
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
