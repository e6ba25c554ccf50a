using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Tests.Servers;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Audit;

public sealed class AuditTests(ServersFixture servers)
{
    [Fact]
    public async Task Log_ChangesToldTwice_HasEachOnceNewestFirstInPages()
    {
        await using var service = await InProcess.StartAsync(servers);
        var store = service.Get<AuditStore>();
        var changes = Enumerable.Range(0, 7).Select(n => Change(n)).ToArray();
        await store.StoreAsync(Guid.CreateVersion7(), AuditArea.Keys, changes[..5], default);
        await store.StoreAsync(Guid.CreateVersion7(), AuditArea.Keys, changes, default);

        var first = await service.Get<AuditQuery>().PageAsync(Scope(), 4, default);
        Assert.True(AuditPlace.TryParse(first.Next!, out var place));
        var second = await service.Get<AuditQuery>().PageAsync(Scope() with { After = place }, 4, default);

        Assert.Equal([6, 5, 4, 3], first.Entries.Select(entry => int.Parse(entry.Change.Subject)));
        Assert.Equal([2, 1, 0], second.Entries.Select(entry => int.Parse(entry.Change.Subject)));
        Assert.Null(second.Next);
        Assert.Equal("Cooling", first.Entries[0].Change.After!["status"]);
    }

    [Fact]
    public async Task Log_Narrowed_HoldsOnlyWhatIsMeant()
    {
        await using var service = await InProcess.StartAsync(servers);
        var store = service.Get<AuditStore>();
        await store.StoreAsync(Guid.CreateVersion7(), AuditArea.Keys, [Change(0), Change(1) with { SubjectId = Facts.KeyB }], default);
        await store.StoreAsync(Guid.CreateVersion7(), AuditArea.Operators, [Change(2) with { SubjectId = null, Actor = "ada", Kind = "gb.operator.signed-in.v1" }], default);

        async Task<string> SubjectsAsync(AuditScope scope) => string.Join(' ', (await service.Get<AuditQuery>().PageAsync(scope, 10, default)).Entries.Select(entry => entry.Change.Subject));

        Assert.Equal("2 1 0", await SubjectsAsync(Scope()));
        Assert.Equal("1 0", await SubjectsAsync(Scope() with { Area = AuditArea.Keys }));
        Assert.Equal("1", await SubjectsAsync(Scope() with { SubjectId = Facts.KeyB }));
        Assert.Equal("2", await SubjectsAsync(Scope() with { Actor = "ada" }));
        Assert.Equal("2", await SubjectsAsync(Scope() with { Kind = "gb.operator.signed-in.v1" }));
        Assert.Equal("1", await SubjectsAsync(Scope() with { From = Facts.Noon.AddSeconds(1), To = Facts.Noon.AddSeconds(2) }));
    }

    [Fact]
    public async Task Log_MadeAnewFromTheEvents_IsWhatItWas()
    {
        await using var service = await InProcess.StartAsync(servers);
        await service.Get<AuditStore>().StoreAsync(Guid.CreateVersion7(), AuditArea.Models, [Change(0), Change(1) with { SubjectId = null, Before = null }], default);
        var live = await service.ContentsAsync(AuditLog.TableName);

        await service.ExecuteAsync($"truncate {AuditLog.Qualified}");
        await service.ExecuteAsync(AuditLog.Rebuild.Replace("{0}", AuditLog.Qualified, StringComparison.Ordinal));

        Assert.NotEmpty(live);
        Assert.Equal(live, await service.ContentsAsync(AuditLog.TableName));
    }

    private static AuditScope Scope() => new(null, null, null, null, null, null, null);

    private static DomainChange Change(int n) => new(
        Guid.CreateVersion7(), Facts.KeyA, n.ToString(), "gb.key.cooled.v1", Facts.Noon.AddSeconds(n), "proxy-1", "A per-minute quota is used up.",
        new Dictionary<string, string> { ["status"] = "Healthy" }, new Dictionary<string, string> { ["status"] = "Cooling" });
}
