using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Jobs;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Store;

/// <summary>Brings the database to this version's schema. The services themselves never change it.</summary>
internal static class Migration
{
    private const long Lock = 0x6762_6b65_7973;

    /// <summary>Creates or updates the schema. Safe to repeat, and when several run at once: they queue.</summary>
    public static async Task RunAsync(IDocumentStore store, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await ExecuteAsync(connection, $"select pg_advisory_lock({Lock})", cancellation);
        await ExecuteAsync(connection, Tables.Definition, cancellation);
        await ExecuteAsync(connection, JobsExtensions.Definition(Tables.Schema), cancellation);
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync(JasperFx.AutoCreate.CreateOrUpdate);
        await ExecuteAsync(connection, Tables.Indexes, cancellation);
        await using (var pool = new NpgsqlCommand("insert into keys.pool (epoch, sequence) values ($1, 0) on conflict do nothing", connection))
        {
            pool.Parameters.Add(new() { Value = Guid.CreateVersion7() });
            await pool.ExecuteNonQueryAsync(cancellation);
        }

        await ExecuteAsync(connection, $"select pg_advisory_unlock({Lock})", cancellation);
    }

    /// <summary>The command <c>migrate</c>: exit code 0 when the schema stands.</summary>
    public static async Task<int> RunAsync(WebApplication app)
    {
        try
        {
            await RunAsync(app.Services.GetRequiredService<IDocumentStore>(), app.Services.GetRequiredService<NpgsqlDataSource>(), CancellationToken.None);
            return 0;
        }
        catch (NpgsqlException e)
        {
            throw new StartupException($"the schema '{Tables.Schema}' cannot be brought up to date: {e.Message}");
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
