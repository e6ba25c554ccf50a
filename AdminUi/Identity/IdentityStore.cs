using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>Operators, their one-time links, and the keys that protect cookies: shared by every replica.</summary>
internal sealed class IdentityStore(DbContextOptions<IdentityStore> options) : IdentityDbContext<Operator>(options), IDataProtectionKeyContext
{
    /// <summary>The schema this service owns.</summary>
    public const string Schema = "identity";

    /// <inheritdoc />
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <summary>Links that were neither used nor cleared away.</summary>
    public DbSet<LoginLink> LoginLinks => Set<LoginLink>();

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.HasDefaultSchema(Schema);
        builder.Entity<LoginLink>(link =>
        {
            link.HasKey(row => row.Hash);
            link.Property(row => row.Hash).HasMaxLength(64);
            link.HasOne<Operator>().WithMany().HasForeignKey(row => row.OperatorId).OnDelete(DeleteBehavior.Cascade);
        });
    }
}
