using Xunit;

namespace GeminiBalance.StatsService.Tests.Servers;

/// <summary>Tests that use the broker's one queue, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class BusCollection
{
    public const string Name = "bus";
}

/// <summary>One migrated StatsService for a class of tests, and a sender.</summary>
public sealed class RunningService(ServersFixture servers) : IAsyncLifetime
{
    internal IReadOnlyDictionary<string, string> Settings { get; private set; } = null!;

    internal StatsProcess Service { get; private set; } = null!;

    internal Publisher Publisher { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Settings = await servers.NewDatabaseAsync();
        Assert.Equal((0, ""), await StatsProcess.RunAsync(new Dictionary<string, string>(Settings) { ["Logging:LogLevel:Default"] = "Warning" }, "migrate"));
        Publisher = await Publisher.StartAsync(Settings);
        Service = await StatsProcess.StartAsync(Settings);
    }

    public async ValueTask DisposeAsync()
    {
        if (Service is not null)
        {
            await Service.DisposeAsync();
        }

        if (Publisher is not null)
        {
            await Publisher.DisposeAsync();
        }
    }
}
