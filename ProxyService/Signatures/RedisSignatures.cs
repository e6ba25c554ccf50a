using StackExchange.Redis;

namespace GeminiBalance.ProxyService.Signatures;

/// <summary>
/// Signatures in Redis, for an hour after the last use: longer than a turn of tool calls takes, and only there are they checked.
/// Without Redis a replica knows what it has answered itself.
/// </summary>
/// <param name="services">Make the connection when it is first needed.</param>
/// <param name="time">The clock.</param>
internal sealed class RedisSignatures(IServiceProvider services, TimeProvider time) : ISignatureShare
{
    private const string Prefix = "gb:signatures:";
    private const char Separator = '\n';
    private const int Longest = 64 * 1024;

    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly Lazy<Task<IConnectionMultiplexer>> connection = new(() => RedisConnecting.Begin(services));

    private IDatabase? Database => connection.Value is { IsCompletedSuccessfully: true, Result: { IsConnected: true } redis } ? redis.GetDatabase() : null;

    /// <inheritdoc />
    public void Put(string key, KnownSignature signature)
    {
        if (signature.Signature is not { Length: <= Longest } || Database is not { } database)
        {
            return;
        }

        try
        {
            database.StringSet(Prefix + key, signature.Family + Separator + signature.Signature, Kept, flags: CommandFlags.FireAndForget);
        }
        catch (RedisException)
        {
            // The connection went away in between.
        }
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<KnownSignature?>> FindAsync(IReadOnlyList<string> keys)
    {
        if (Database is not { } database)
        {
            return [];
        }

        try
        {
            var reads = new Task<RedisValue>[keys.Count];
            for (var i = 0; i < reads.Length; i++)
            {
                reads[i] = database.StringGetSetExpiryAsync(Prefix + keys[i], Kept);
            }

            var values = await Task.WhenAll(reads).WaitAsync(Patience, time).ConfigureAwait(false);
            return Array.ConvertAll(values, Parse);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return [];
        }
    }

    private static KnownSignature? Parse(RedisValue value)
    {
        var text = (string?)value;
        var end = text?.IndexOf(Separator, StringComparison.Ordinal) ?? -1;
        return end < 0 ? null : new KnownSignature(text![(end + 1)..], text[..end]);
    }
}
