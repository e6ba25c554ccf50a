using GeminiBalance.AdminUi.Tests;
using GeminiBalance.AdminUi.Tests.Support;

[assembly: AssemblyFixture(typeof(HostFixture))]

namespace GeminiBalance.AdminUi.Tests;

/// <summary>One PostgreSQL and one set of fake services for all host tests; each test makes its own database when it needs one.</summary>
public sealed class HostFixture : IAsyncLifetime
{
    private readonly PostgresServer postgres = new();
    private AdminHost? shared;

    public FakeServices Services { get; private set; } = null!;

    /// <summary>A host that tests may share as long as they do not lock or change the operator.</summary>
    public AdminHost Shared => shared!;

    public async ValueTask InitializeAsync()
    {
        await postgres.StartAsync();
        Services = await FakeServices.StartAsync();
        Samples.Fill(Services);
        shared = await NewHostAsync();
    }

    /// <summary>A host with a database of its own.</summary>
    public async Task<AdminHost> NewHostAsync(params (string Name, string? Value)[] settings)
    {
        var database = await NewDatabaseAsync();
        var host = new AdminHost(database, Services);
        foreach (var (name, value) in settings)
        {
            host.Settings[name] = value;
        }

        return host;
    }

    /// <summary>A database with AdminUi's schema.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var database = await postgres.CreateDatabaseAsync();
        await AdminHost.MigrateAsync(database);
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        if (shared is not null)
        {
            await shared.DisposeAsync();
        }

        if (Services is not null)
        {
            await Services.DisposeAsync();
        }

        await postgres.DisposeAsync();
    }
}
