using Microsoft.EntityFrameworkCore;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>Brings the schema <c>identity</c> up to date.</summary>
internal static class IdentityMigration
{
    // EF Core's own lock is on a table that the first of several may still be creating.
    private const long LockId = 0x6762_6964;

    /// <returns>The process's exit code.</returns>
    public static async Task<int> MigrateIdentityAsync(this WebApplication app)
    {
        using var scope = app.Services.CreateScope();
        var store = scope.ServiceProvider.GetRequiredService<IdentityStore>();
        await store.Database.OpenConnectionAsync();
        await store.Database.ExecuteSqlAsync($"select pg_advisory_lock({LockId})");
        try
        {
            await store.Database.MigrateAsync();
        }
        finally
        {
            await store.Database.ExecuteSqlAsync($"select pg_advisory_unlock({LockId})");
            await store.Database.CloseConnectionAsync();
        }

        return 0;
    }
}
