using System.Diagnostics;
using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.TestKit;
using Npgsql;
using Xunit;

namespace GeminiBalance.StatsService.Tests;

/// <summary>Two replicas, and the one that runs the views is killed.</summary>
[Collection(BusCollection.Name)]
public sealed class FailoverTests(ServersFixture servers)
{
    private const string LockHolder = """
        select activity.application_name from pg_locks lock join pg_stat_activity activity using (pid)
        where lock.locktype = 'advisory' and lock.granted and activity.datname = current_database() and activity.application_name like 'stats@%'
        """;

    [Fact]
    public async Task Leader_KilledUnderLoad_AnotherGoesOnAndEveryFactCountsOnce()
    {
        var settings = await servers.NewDatabaseAsync();
        var migrations = await Task.WhenAll(StatsProcess.RunAsync(settings, "migrate"), StatsProcess.RunAsync(settings, "migrate"));
        Assert.All(migrations, migration => Assert.True(migration.ExitCode == 0, migration.Output));
        await using var publisher = await Publisher.StartAsync(settings);
        await using var one = await StatsProcess.StartAsync(settings);
        await using var two = await StatsProcess.StartAsync(settings);
        var facts = Facts.Many(6_000, seed: 11, DateTimeOffset.UtcNow.AddMinutes(-1));
        var batches = Facts.Batches(facts, 100).ToArray();

        await publisher.SendAsync(Twice(batches[..20]));
        var leaderId = await LeaderAsync(settings);
        var (leader, survivor) = leaderId == one.Id ? (one, two) : (two, one);
        Assert.Equal(leaderId, leader.Id);
        await Eventually.TrueAsync(async () => (await survivor.OverviewAsync()).Counts.Requests > 0, TimeSpan.FromSeconds(20), "views under the first leader");

        var sending = publisher.SendAsync(Twice(batches[20..40]));
        leader.Kill();
        var watch = Stopwatch.StartNew();
        var before = (await survivor.StatusAsync()).Views.Values.Min();
        await sending;
        await publisher.SendAsync(Twice(batches[40..]));
        await Eventually.TrueAsync(
            async () => (await survivor.StatusAsync()).Views.Values.Min() > before, TimeSpan.FromSeconds(15) - watch.Elapsed, "views advance under the survivor");
        TestContext.Current.TestOutputHelper?.WriteLine("The views advanced {0} ms after the kill", watch.ElapsedMilliseconds);

        // What the dead leader had sent may still be at work in the database, and holds its lock until it has come to its end.
        await Eventually.TrueAsync(async () => await LeaderAsync(settings) == survivor.Id, TimeSpan.FromSeconds(15), "the survivor leads");

        var overview = await Eventually.ValueAsync(async () =>
        {
            var now = await survivor.OverviewAsync();
            return now.Counts.Requests >= facts.Length && now.LagSeconds == 0 ? now : null;
        }, TimeSpan.FromSeconds(40), "every fact in the views");

        Assert.Equal(
            (facts.Length, facts.Count(fact => fact.Outcome == RequestOutcome.Succeeded), 20L * facts.Length),
            (overview.Counts.Requests, overview.Counts.Succeeded, overview.Counts.TotalTokens));
        Assert.Equal(facts.Count(fact => fact.Outcome == RequestOutcome.Succeeded), overview.Total!.Count);
    }

    private static IEnumerable<RequestsCompleted> Twice(IEnumerable<RequestsCompleted> batches) => batches.SelectMany(batch => new[] { batch, batch });

    /// <summary>The process that holds the lock, as PostgreSQL says.</summary>
    private static async Task<int> LeaderAsync(IReadOnlyDictionary<string, string> settings)
    {
        await using var source = NpgsqlDataSource.Create(settings["ConnectionStrings:geminibalance"]);
        var name = await Eventually.ValueAsync(async () =>
        {
            await using var command = source.CreateCommand(LockHolder);
            return await command.ExecuteScalarAsync() as string;
        }, TimeSpan.FromSeconds(15), "a leader");
        return int.Parse(name[(name.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);
    }
}
