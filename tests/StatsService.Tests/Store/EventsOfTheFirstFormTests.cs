using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Live;
using GeminiBalance.StatsService.Requests;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using NpgsqlTypes;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Store;

public sealed class EventsOfTheFirstFormTests(ServersFixture servers)
{
    [Fact]
    public async Task ViewsListsAndRebuilds_TakeThemAsTheyTakeTheOthers()
    {
        await using var service = await InProcess.StartAsync(servers);
        var facts = Facts.Many(400, seed: 31, Facts.Noon);
        await service.StoreAsync(facts);
        await MakeOldAsync(service, facts.Where((_, n) => n % 2 == 0));
        Assert.Equal(200L, await service.ScalarAsync<long>("select count(*) from stats.mt_events where type = 'gb.request.completed.v1' and data ? 'attempts'"));

        await service.CatchUpAsync();
        var usage = await service.ContentsAsync(UsageByKey.TableName);
        await service.RebuildAsync(service.Get<IEnumerable<IView>>().Single(view => view.Name == UsageByKey.TableName));
        var scope = new UsageScope("gemini-2.5-pro", Facts.KeyB, Facts.Bob, RequestOutcome.Succeeded, RequestOperation.ChatCompletion);
        var range = TimeRange.Read("2026-03-04T00:00Z", "2026-03-05T00:00Z", null, Facts.Noon).Range!;
        var page = await service.Get<RequestQuery>().PageAsync(new RequestScope(range, scope, 200, null), 400, default);
        var (tail, _) = await new RequestTail(service.Source).NextAsync(scope, 0, long.MaxValue, default);

        Assert.Equal(400m, await service.ScalarAsync<decimal>("select sum(requests) from stats.usage_per_key"));
        Assert.Equal(8_000m, await service.ScalarAsync<decimal>("select sum(total_tokens) from stats.usage_per_key"));
        Assert.Equal(usage, await service.ContentsAsync(UsageByKey.TableName));
        var wanted = facts.Where(fact => fact.ModelAsked == scope.Model && fact.KeyId == scope.KeyId && fact.AccessKeyId == scope.AccessKeyId && fact.Outcome == scope.Outcome).Select(fact => fact.Id).ToHashSet();
        Assert.True(wanted.Count > 3);
        Assert.Equal(wanted, page!.Items.Select(fact => fact.Id).ToHashSet());
        Assert.Equal(wanted, tail.Select(one => one.Fact.Id).ToHashSet());
        foreach (var fact in facts[..2])
        {
            Assert.Equal(Json(fact), Json((await service.Get<RequestQuery>().StoryAsync(fact.Id, default))!.Fact));
        }
    }

    private static async Task MakeOldAsync(InProcess service, IEnumerable<RequestFact> facts)
    {
        foreach (var fact in facts)
        {
            await using var command = service.Source.CreateCommand(
                $"update stats.mt_events set type = '{EventNames.RequestCompletedInFull}', mt_dotnet_type = '{EventNames.RequestCompletedInFull}', data = $2 where id = $1");
            command.Parameters.Add(new() { Value = fact.Id });
            command.Parameters.Add(new() { Value = Json(fact), NpgsqlDbType = NpgsqlDbType.Jsonb });
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        }
    }

    private static string Json(RequestFact fact) => JsonSerializer.Serialize(fact, ContractsJson.Default.RequestFact);
}
