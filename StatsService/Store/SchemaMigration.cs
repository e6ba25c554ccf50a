using GeminiBalance.ServiceDefaults.Jobs;
using GeminiBalance.StatsService.Ledger;
using JasperFx;
using Marten;
using Npgsql;

namespace GeminiBalance.StatsService.Store;

/// <summary>Mode <c>migrate</c>: brings schema <c>stats</c> up to date and ends. May run any number of times, also at once.</summary>
internal static class SchemaMigration
{
    private const long LockId = 0x6762_7374_6174_0001;

    public static async Task<int> RunAsync(WebApplicationBuilder builder)
    {
        await using var app = builder.Build();
        try
        {
            await ApplyAsync(app.Services, CancellationToken.None).ConfigureAwait(false);
            return 0;
        }
        catch (NpgsqlException e)
        {
            await Console.Error.WriteLineAsync(
                $"{app.Environment.ApplicationName} cannot migrate the database of ConnectionStrings:geminibalance: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    public static async Task ApplyAsync(IServiceProvider services, CancellationToken cancellation)
    {
        await using var connection = await services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, "select pg_advisory_lock($1)", cancellation).ConfigureAwait(false);
        try
        {
            var makeJobs = $"create schema if not exists {StoreSchema.Name}; {JobsExtensions.Definition(StoreSchema.Name)}";
            await using var jobs = new NpgsqlCommand(makeJobs, connection) { CommandTimeout = 120 };
            await jobs.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            var store = services.GetRequiredService<IDocumentStore>();
            await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync(AutoCreate.CreateOrUpdate).ConfigureAwait(false);
            await using var name = new NpgsqlCommand(StoreIdentity.NameSql, connection);
            await name.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            // A pooled connection keeps its session locks when it is closed.
            await ExecuteAsync(connection, "select pg_advisory_unlock($1)", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = LockId } }, CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }
}
