using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.TestKit;
using MassTransit.Testing;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Telling;

[Collection("servers")]
public sealed class MessagePumpTests(ServersFixture servers)
{
    [Fact]
    public async Task EveryEvent_LeavesOnceInOrderAndWithoutSecrets()
    {
        await using var service = await RunningService.StartAsync(servers);
        var ids = (await service.ImportAsync(TestKeys.Lines(250))).Lines.Select(line => line.KeyId!.Value).ToArray();
        await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{ids[0]}/disable");
        await service.SendAsync<CreatedAccessKey>(HttpMethod.Post, "/access-keys", new CreateAccessKey("ci", null));
        using (await service.Http.DeleteAsync($"/keys/{ids[1]}"))
        {
        }

        await Eventually.TrueAsync(async () => await service.ScalarAsync<long>("select count(*) from keys.untold") == 0, TimeSpan.FromSeconds(20), "everything told");

        var told = service.Get<ITestHarness>().Published.Select<KeyChanged>().ToArray();
        var changes = told.SelectMany(message => message.Context.Message.Changes).ToArray();
        Assert.All(told, message => Assert.True(message.Context.MessageId == message.Context.Message.BatchId && message.Context.Message.Changes.Count <= DomainChange.MaximumInMessage));
        Assert.Equal(252, changes.Select(change => change.Id).Distinct().Count());
        Assert.Equal(252, changes.Length);
        var disabled = changes.Single(change => change.Kind == "gb.key.disabled.v1");
        Assert.Equal((ids[0], "ada", "Disabled."), (disabled.SubjectId!.Value, disabled.Actor, disabled.Cause));
        Assert.StartsWith("AIza", disabled.Subject, StringComparison.Ordinal);
        Assert.Equal(disabled.Subject[^4..], changes.First(change => change.SubjectId == ids[0]).Subject[^4..]);
        Assert.Contains("…", changes.Single(change => change.Kind == "gb.key.removed.v1").Subject, StringComparison.Ordinal);
        Assert.DoesNotContain(changes, change => change.After?.Values.Any(value => value.Contains("AIzaSyTest", StringComparison.Ordinal)) == true || change.After?.ContainsKey("fingerprint") == true);
        var access = Assert.Single(Assert.Single(service.Get<ITestHarness>().Published.Select<AccessKeyChanged>().ToArray()).Context.Message.Changes);
        Assert.Equal(("ci", "gb.access-key.created.v1"), (access.Subject, access.Kind));
        Assert.DoesNotContain("hash", access.After!.Keys);
    }
}
