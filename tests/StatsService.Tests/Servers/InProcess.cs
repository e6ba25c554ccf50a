using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.StatsService.Ingest;
using GeminiBalance.StatsService.Rebuilding;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using GeminiBalance.TestKit;
using JasperFx.Events.Daemon;
using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace GeminiBalance.StatsService.Tests.Servers;

/// <summary>The store and the views of the service, on a database of their own, without the bus; the test itself runs the views.</summary>
internal sealed class InProcess : IAsyncDisposable
{
    private readonly IHost app;

    private InProcess(IHost app) => this.app = app;

    public NpgsqlDataSource Source => app.Services.GetRequiredService<NpgsqlDataSource>();

    public FactStore Facts => app.Services.GetRequiredService<FactStore>();

    public ViewPositions Positions => app.Services.GetRequiredService<ViewPositions>();

    /// <summary>The tables of all views.</summary>
    public IReadOnlyList<string> ViewTables => [.. Get<IEnumerable<IView>>().SelectMany(view => view.Tables).Select(table => table.Identifier.Name)];

    public T Get<T>() where T : notnull => app.Services.GetRequiredService<T>();

    public static async Task<InProcess> StartAsync(ServersFixture servers)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection((await servers.NewDatabaseAsync())!);
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        builder.AddStore();
        builder.Services.AddKeepers().AddIngest().AddViews().AddRebuilding();
        var app = builder.Build();
        await SchemaMigration.ApplyAsync(app.Services, default);
        return new InProcess(app);
    }

    /// <summary>Stores facts in full batches.</summary>
    public async Task StoreAsync(IEnumerable<RequestFact> facts)
    {
        foreach (var batch in Tests.Facts.Batches(facts))
        {
            await Facts.StoreAsync(batch, default);
        }
    }

    public async Task<IProjectionDaemon> DaemonAsync() => await Get<IDocumentStore>().BuildProjectionDaemonAsync();

    /// <summary>Runs the views until they have seen everything.</summary>
    public async Task CatchUpAsync()
    {
        using var daemon = await DaemonAsync();
        await daemon.StartAllAsync();
        var last = await ScalarAsync<long>("select max(seq_id) from stats.mt_events");
        await Eventually.TrueAsync(async () => (await Positions.TickAsync(default)).Position >= last, TimeSpan.FromSeconds(30), "views up to date");
        await daemon.StopAllAsync();
    }

    /// <summary>Makes a view anew, as whoever has the right to.</summary>
    public async Task RebuildAsync(IView view, Func<long, long, Task>? progress = null)
    {
        await using var past = await SessionLock.TryTakeAsync(Source, SessionRight.Past, default) ?? throw new InvalidOperationException("Somebody else changes the past.");
        await Get<Rebuild>().RunAsync(past, view, progress ?? ((_, _) => Task.CompletedTask), default);
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A view's whole table as text.</summary>
    public Task<string> ContentsAsync(string table) => ScalarAsync<string>($"select coalesce(string_agg(t::text, E'\\n' order by t::text), '') from stats.{table} t");

    public ValueTask DisposeAsync() => ((IAsyncDisposable)app).DisposeAsync();
}
