using System.Text;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.TestKit;
using Marten;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Store;

/// <summary>The service as a process of its own, killed while it works: what its events say is what it knew.</summary>
[Collection("servers")]
public sealed class RebuildTests(ServersFixture servers)
{
    [Fact]
    public Task State_AfterTwoKills_IsWhatTheEventsSay() => KillAsync(2);

    [Fact]
    [Trait("Suite", "Full")]
    public Task State_AfterTwentyKills_IsWhatTheEventsSay() => KillAsync(20);

    private async Task KillAsync(int times)
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.ImportAsync(TestKeys.Lines(50));
        var chance = new Random(4711);
        for (var i = 0; i < times; i++)
        {
            using var process = await ServiceProcess.StartAsync(service.Settings);
            var stop = new CancellationTokenSource();
            var commands = Enumerable.Range(0, 4).Select(n => CommandAsync(process, service, new Random(chance.Next()), stop.Token)).ToArray();
            var wanted = await service.ScalarAsync<long>("select count(*) from keys.mt_events") + chance.Next(5, 40);
            await Eventually.TrueAsync(
                async () => commands.Any(command => command.IsFaulted) || await service.ScalarAsync<long>("select count(*) from keys.mt_events") > wanted, TimeSpan.FromSeconds(60), "some events");
            process.Kill();
            await stop.CancelAsync();
            await Task.WhenAll(commands);
            await SameAsync(service);
        }

        Assert.Equal(0, await service.ScalarAsync<long>("select count(*) from keys.mt_doc_key k where not exists (select 1 from keys.secrets s where s.key_id = k.id)"));
    }

    /// <summary>Every state beside the fold of its stream, and every stream beside its state.</summary>
    private static async Task SameAsync(RunningService service)
    {
        // Both sides of one moment: what a killed process had sent may still be committed while this reads.
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var moment = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await using var session = service.Get<IDocumentStore>().QuerySession(Marten.Services.SessionOptions.ForTransaction(moment));
        var serializer = service.Get<IDocumentStore>().Options.Serializer();
        var streams = (await session.Events.QueryAllRawEvents().Where(e => e.Sequence > 0).ToListAsync()).GroupBy(e => e.StreamId).ToArray();
        var keys = (await session.Query<Key>().ToListAsync()).ToDictionary(key => key.Id);
        var told = 0;
        foreach (var stream in streams.Where(stream => stream.MinBy(e => e.Version)!.Data is KeyAdded))
        {
            var state = stream.OrderBy(e => e.Version).Aggregate((Key?)null, (key, e) => Key.After(key, e.Data));
            Assert.Equal(state is null ? null : serializer.ToJson(state), keys.TryGetValue(stream.Key, out var stored) ? serializer.ToJson(stored) : null);
            told++;
        }

        Assert.True(told >= 50 && keys.Count <= told);
    }

    private static async Task CommandAsync(ServiceProcess process, RunningService service, Random chance, CancellationToken stop)
    {
        await using var session = service.Get<IDocumentStore>().QuerySession();
        var ids = await session.Query<Key>().Select(key => key.Id).ToListAsync(CancellationToken.None);
        while (!stop.IsCancellationRequested)
        {
            var id = ids[chance.Next(ids.Count)];
            using var request = chance.Next(6) switch
            {
                0 => new HttpRequestMessage(HttpMethod.Post, $"/keys/{id}/disable"),
                1 => new HttpRequestMessage(HttpMethod.Post, $"/keys/{id}/enable"),
                2 => new HttpRequestMessage(HttpMethod.Post, $"/keys/{id}/undo"),
                3 => new HttpRequestMessage(HttpMethod.Patch, $"/keys/{id}") { Content = new StringContent($$"""{"project":"p{{chance.Next(5)}}","newProject":true,"weight":{{chance.Next(1, 1000)}}}""", Encoding.UTF8, "application/json") },
                4 => new HttpRequestMessage(HttpMethod.Patch, $"/keys/{id}") { Content = new StringContent($$"""{"tags":["t{{chance.Next(9)}}"]}""", Encoding.UTF8, "application/json") },
                _ => new HttpRequestMessage(HttpMethod.Post, "/keys/imports") { Content = new StringContent(TestKeys.Auth(chance.Next(100)), Encoding.UTF8, "text/plain") },
            };
            try
            {
                using var response = await process.Http.SendAsync(request, stop);
                Assert.True((int)response.StatusCode < 500, $"{request.Method} {request.RequestUri}: {response.StatusCode}");
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                // It was killed over this one.
                return;
            }
        }
    }
}
