using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.Authentication;

/// <summary>Finds out which access key a client shows. Wrong, disabled and expired keys get the same answer.</summary>
/// <param name="pool">Knows the access keys.</param>
/// <param name="time">The clock.</param>
internal sealed class AccessKeyAuthenticator(LivePool pool, TimeProvider time)
{
    private const string Bearer = "Bearer ";

    /// <summary>Authenticates a request by its head alone.</summary>
    /// <param name="headers">The headers.</param>
    /// <param name="accessKey">The access key; null when refused.</param>
    /// <returns>Why it is refused; null when it is not.</returns>
    public OpenAiError? Authenticate(IHeaderDictionary headers, out PoolAccessKey? accessKey)
    {
        accessKey = null;
        if (pool.View is not { } view)
        {
            return OpenAiError.NotReady;
        }

        var shown = Shown(headers);
        if (!AccessKeyFormat.IsWellFormed(shown))
        {
            return OpenAiError.WrongAccessKey;
        }

        var hash = AccessKeyFormat.Hash(shown);
        if (!view.AccessKeys.TryGetValue(hash, out var known)
            || !CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(hash.AsSpan()), MemoryMarshal.AsBytes(known.Hash.AsSpan()))
            || !known.Enabled
            || known.ExpiresAt <= time.GetUtcNow())
        {
            return OpenAiError.WrongAccessKey;
        }

        accessKey = known;
        return null;
    }

    /// <summary>What the client shows, in the headers clients of either dialect use.</summary>
    private static ReadOnlySpan<char> Shown(IHeaderDictionary headers)
    {
        var authorization = headers.Authorization;
        if (authorization.Count > 1)
        {
            return [];
        }

        var bearer = authorization.ToString().AsSpan();
        if (bearer.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return bearer[Bearer.Length..].Trim();
        }

        var key = headers["x-api-key"];
        if (key.Count == 0)
        {
            key = headers["x-goog-api-key"];
        }

        return key.Count == 1 ? key.ToString().AsSpan().Trim() : [];
    }
}
