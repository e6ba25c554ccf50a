using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Ingest;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Tests.Servers;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Ingest;

public sealed class FactStoreTests(ServersFixture servers)
{
    private const string FactCount = $"select count(*) from stats.mt_events where {StoredFacts.AreFacts}";

    [Fact]
    public async Task Store_NewBatch_IsOneStreamOfEventsUnderTheirWireNames()
    {
        await using var service = await InProcess.StartAsync(servers);
        var batch = Facts.Batch(Facts.Fact() with { TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }, Facts.Fact(RequestOutcome.NoKey));

        var outcome = await service.Facts.StoreAsync(batch, default);

        Assert.Equal((2, 0, 0), (outcome.Stored, outcome.Known, outcome.Refused.Count));
        Assert.Equal(2L, await service.ScalarAsync<long>($"select count(*) from stats.mt_events where stream_id = '{batch.BatchId}' and type = '{EventNames.RequestCompleted}' and mt_dotnet_type = '{EventNames.RequestCompleted}'"));
        Assert.Equal(batch.Facts.Select(fact => fact.Id), await service.ScalarAsync<Guid[]>("select array_agg(id order by version) from stats.mt_events"));
        var stored = await service.ScalarAsync<string>($"select data::text from stats.mt_events where id = '{batch.Facts[0].Id}'");
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(StoredFacts.Write(batch.Facts[0])).RootElement, JsonDocument.Parse(stored).RootElement), stored);
        Assert.InRange(await service.ScalarAsync<double>("select extract(epoch from now() - min(timestamp))::float8 from stats.mt_events"), -1, 20);
    }

    [Fact]
    public async Task Store_SameBatchAgain_StoresNothing()
    {
        await using var service = await InProcess.StartAsync(servers);
        var batch = Facts.Batch(Facts.Fact(), Facts.Fact());
        await service.Facts.StoreAsync(batch, default);

        var again = await service.Facts.StoreAsync(batch, default);

        Assert.Equal((0, 2), (again.Stored, again.Known));
        Assert.Equal(2L, await service.ScalarAsync<long>(FactCount));
    }

    [Fact]
    public async Task Store_BatchThatSharesFactsWithAnother_StoresTheRest()
    {
        await using var service = await InProcess.StartAsync(servers);
        var shared = Facts.Fact();
        await service.Facts.StoreAsync(Facts.Batch(shared), default);

        var outcome = await service.Facts.StoreAsync(Facts.Batch(Facts.Fact(), shared, Facts.Fact()), default);

        Assert.Equal((2, 1), (outcome.Stored, outcome.Known));
        Assert.Equal(3L, await service.ScalarAsync<long>(FactCount));
    }

    [Fact]
    public async Task Store_FactTwiceInOneBatch_CountsOnce()
    {
        await using var service = await InProcess.StartAsync(servers);
        var fact = Facts.Fact();

        var outcome = await service.Facts.StoreAsync(Facts.Batch(fact, fact), default);

        Assert.Equal((1, 1), (outcome.Stored, outcome.Known));
    }

    [Fact]
    public async Task Store_OverlappingBatchesAtOnce_StoresEachFactOnce()
    {
        await using var service = await InProcess.StartAsync(servers);
        var facts = Facts.Many(400, seed: 1, Facts.Noon);
        var batches = Enumerable.Range(0, 12).Select(n => Facts.Batch([.. facts.Skip(n * 20).Take(180)])).ToArray();

        var outcomes = await Task.WhenAll(batches.Concat(batches).Select(batch => Task.Run(() => service.Facts.StoreAsync(batch, default))));

        Assert.Equal(400, outcomes.Sum(outcome => outcome.Stored));
        Assert.Equal(400L, await service.ScalarAsync<long>(FactCount));
        Assert.Equal(400L, await service.ScalarAsync<long>("select count(distinct id) from stats.mt_events"));
    }

    [Fact]
    public async Task Store_UniqueViolationInTheMiddle_SplitsTheBatch()
    {
        await using var service = await InProcess.StartAsync(servers);
        var theirs = Facts.Fact();
        var ours = Facts.Batch(Facts.Fact(), theirs, Facts.Fact());

        // The rival's transaction is open: its fact is not to be seen yet, but its id is taken.
        await using var rival = await service.Source.OpenConnectionAsync();
        await using var transaction = await rival.BeginTransactionAsync();
        await using (var insert = rival.CreateCommand())
        {
            insert.CommandText = $$"""
                insert into stats.mt_streams (id, version) values ('{{Guid.CreateVersion7()}}', 1);
                insert into stats.mt_events (seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type)
                select nextval('stats.mt_events_sequence'), '{{theirs.Id}}', id, 1, '{}', 'gb.request.completed.v1', now(), 'gb.request.completed.v1' from stats.mt_streams
                """;
            await insert.ExecuteNonQueryAsync();
        }

        var storing = service.Facts.StoreAsync(ours, default);
        await TestKit.Eventually.TrueAsync(
            async () => await service.ScalarAsync<long>("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()") > 0,
            TimeSpan.FromSeconds(10), "our append waits for the rival's");
        await transaction.CommitAsync();
        var outcome = await storing;

        Assert.Equal((2, 1), (outcome.Stored, outcome.Known));
        Assert.Equal(3L, await service.ScalarAsync<long>(FactCount));
    }

    [Fact]
    public void Sound_IsOnlyAFactWithoutNulAndWithoutGaps()
    {
        var fact = Facts.Fact();

        Assert.True(FactStore.IsSound(fact));
        Assert.All(
            [
                fact with { ErrorCode = "\0" },
                fact with { ModelAsked = "\0" },
                fact with { ModelServed = "\0" },
                fact with { TraceParent = "\0" },
                fact with { ClientRequestId = "\0" },
                fact with { Choice = fact.Choice! with { Strategy = "\0" } },
                fact with { Choice = fact.Choice! with { ExcludedBy = new Dictionary<string, int> { ["\0"] = 1 } } },
                fact with { Attempts = [fact.Attempts[0] with { Reason = "\0" }] },
                fact with { Attempts = [fact.Attempts[0], null!] },
                fact with { Choice = fact.Choice! with { Finalists = [null!] } },
            ],
            poison => Assert.False(FactStore.IsSound(poison)));
    }

    [Fact]
    public async Task Store_FactThatCannotBeHeld_StoresTheOthersAndNamesIt()
    {
        await using var service = await InProcess.StartAsync(servers);
        var poison = Facts.Fact() with { ErrorCode = "a\0b" };
        var nameless = Facts.Fact() with { Id = Guid.Empty };
        var batch = Facts.Batch([.. Facts.Many(7, 3, Facts.Noon), poison, nameless, .. Facts.Many(6, 4, Facts.Noon)]);

        var outcome = await service.Facts.StoreAsync(batch, default);

        Assert.Equal(13, outcome.Stored);
        Assert.Equal([nameless.Id, poison.Id], outcome.Refused.Select(fact => fact.Id).Order());
        Assert.Equal(13L, await service.ScalarAsync<long>(FactCount));
        var mended = await service.Facts.StoreAsync(batch with { Facts = [.. batch.Facts.Where(fact => fact != nameless).Select(fact => fact with { ErrorCode = null })] }, default);
        Assert.Equal((1, 13), (mended.Stored, mended.Known));
    }
}
