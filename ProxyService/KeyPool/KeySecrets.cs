using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>Decrypts keys for use. One that cannot be decrypted is no key: it is left out of the pool, loudly.</summary>
/// <param name="pool">The pool.</param>
/// <param name="encryption">Decrypts.</param>
/// <param name="logger">Says which keys cannot be used.</param>
internal sealed partial class KeySecrets(LivePool pool, SecretEncryption encryption, ILogger<KeySecrets> logger)
{
    private static readonly TimeSpan LeftOut = TimeSpan.FromMinutes(10);

    /// <summary>The secret of a key; null when it cannot be read.</summary>
    public Secret? Reveal(PooledKey key)
    {
        try
        {
            return key.Reveal(encryption);
        }
        catch (SecretUnreadableException e)
        {
            LogUnreadable(key.Id, e.Message);
            pool.Exclude(key, KeyStatus.Invalid, null, LeftOut);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Error, "Key {KeyId} cannot be used: {Reason}")]
    private partial void LogUnreadable(Guid keyId, string reason);
}
