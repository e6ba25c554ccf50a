using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.KeyPool.Sources;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ServiceDefaults.Security;
using PoolView = GeminiBalance.ProxyService.KeyPool.PoolView;

namespace GeminiBalance.ProxyService.Authentication;

/// <summary>Finds out which access key a client shows. Wrong, disabled and expired keys get the same answer.</summary>
/// <param name="pool">Knows the access keys.</param>
/// <param name="failures">Slows guessing down.</param>
/// <param name="time">The clock.</param>
internal sealed class AccessKeyAuthenticator(LivePool pool, FailedAuthentications failures, TimeProvider time)
{
    private const string Bearer = "Bearer ";
    private const int ShortestForeign = 8;
    private const int LongestForeign = 256;

    /// <summary>Authenticates a request by its head alone.</summary>
    /// <param name="context">The request.</param>
    /// <param name="acceptsQuery">Whether a key in the address counts: Gemini's own API has it there.</param>
    /// <param name="accessKey">The access key; null when refused.</param>
    /// <returns>Why it is refused; null when it is not.</returns>
    public OpenAiError? Authenticate(HttpContext context, bool acceptsQuery, out PoolAccessKey? accessKey)
    {
        accessKey = null;
        if (pool.View is not { } view)
        {
            return OpenAiError.NotReady;
        }

        accessKey = HashOfShown(context, acceptsQuery) is { } hash ? Find(view, hash) : null;
        if (accessKey is not null)
        {
            return accessKey.MayComeFrom(context.Connection.RemoteIpAddress) ? null : OpenAiError.AddressNotAllowed;
        }

        if (view.Source == DiskPoolCopy.SourceName)
        {
            // The copy may be older than the access key: its holder is asked to try again, not told that it is wrong.
            return OpenAiError.NotReady;
        }

        return failures.Count(context.Connection.RemoteIpAddress) is { } wait ? OpenAiError.TooManyWrongKeys(wait) : OpenAiError.WrongAccessKey;
    }

    private PoolAccessKey? Find(PoolView view, string hash)
    {
        if (view.AccessKeys.Find(hash) is not { } known)
        {
            return null;
        }

        var now = time.GetUtcNow();

        // Found by its hash, or else by the one before its last rotation.
        var isCurrent = hash == known.Hash || known.OldHashUntil > now;
        return isCurrent && known.Enabled && !(known.ExpiresAt <= now) ? known : null;
    }

    /// <summary>The hash of what the client shows; null when it cannot be an access key.</summary>
    private static string? HashOfShown(HttpContext context, bool acceptsQuery)
    {
        var shown = Shown(context, acceptsQuery, out var header);
        if (header is not null && HashOfConnection.Find(context, header) is { } known)
        {
            return known;
        }

        // Tokens that came with an import from another gateway have forms of their own; ours can be refused by their checksum.
        if (shown.StartsWith(AccessKeyFormat.Prefix, StringComparison.Ordinal) ? !AccessKeyFormat.IsWellFormed(shown) : shown.Length is < ShortestForeign or > LongestForeign)
        {
            return null;
        }

        var hash = AccessKeyFormat.Hash(shown);
        if (header is not null)
        {
            HashOfConnection.Remember(context, header, hash);
        }

        return hash;
    }

    /// <summary>What the client shows, where clients of either dialect put it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="acceptsQuery">Whether a key in the address counts.</param>
    /// <param name="header">The header it is in; null when it is in none.</param>
    private static ReadOnlySpan<char> Shown(HttpContext context, bool acceptsQuery, out string? header)
    {
        header = null;
        var headers = context.Request.Headers;
        var authorization = headers.Authorization;
        if (authorization.Count > 1)
        {
            return [];
        }

        var bearer = authorization.ToString();
        if (bearer.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            header = bearer;
            return bearer.AsSpan(Bearer.Length).Trim();
        }

        var key = headers["x-api-key"];
        if (key.Count == 0)
        {
            key = headers["x-goog-api-key"];
        }

        if (key.Count > 0)
        {
            header = key.Count == 1 ? key.ToString() : null;
            return header.AsSpan().Trim();
        }

        return acceptsQuery ? context.Features.Get<QueryAccessKey>()?.Key?.Reveal() : [];
    }
}
