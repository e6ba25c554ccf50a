using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>Links that sign in once, within ten minutes, without a password: for whoever holds the service token.</summary>
internal sealed class LoginLinks(IdentityStore store, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Makes a link for an operator.</summary>
    /// <returns>The token, which is nowhere stored, and when it stops working.</returns>
    public async Task<(string Token, DateTimeOffset ExpiresAt)> CreateAsync(Operator user, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await store.LoginLinks.Where(link => link.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var link = new LoginLink { Hash = Hash(token), OperatorId = user.Id, ExpiresAt = now + Lifetime };
        store.LoginLinks.Add(link);
        await store.SaveChangesAsync(cancellationToken);
        return (token, link.ExpiresAt);
    }

    /// <summary>Uses a link up.</summary>
    /// <returns>Id of the operator to sign in; null when the link was used, is too old or never was.</returns>
    public async Task<string?> UseAsync(string? token, CancellationToken cancellationToken)
    {
        if (token is null or { Length: > 100 })
        {
            return null;
        }

        var hash = Hash(token);
        var now = time.GetUtcNow();
        var owner = await store.LoginLinks.Where(link => link.Hash == hash && link.ExpiresAt >= now).Select(link => link.OperatorId).SingleOrDefaultAsync(cancellationToken);

        // Of several that come at once, the database lets exactly one delete the row.
        var won = owner is not null && await store.LoginLinks.Where(link => link.Hash == hash).ExecuteDeleteAsync(cancellationToken) == 1;
        return won ? owner : null;
    }

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
