using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>What ties requests to a quota pool: the conversation they continue, or a file that lies in one project only. A hash: what it was made of is not kept.</summary>
/// <param name="High">Its first half.</param>
/// <param name="Low">Its second half.</param>
internal readonly record struct AffinityKey(ulong High, ulong Low)
{
    /// <summary>Another one in each process, so that nobody can make conversations that look like one.</summary>
    private static readonly long Seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    /// <summary>Makes one.</summary>
    /// <param name="owner">The access key that asks: what one client does says nothing of another's.</param>
    /// <param name="kind">A letter that keeps kinds apart.</param>
    /// <param name="what">What ties.</param>
    public static AffinityKey Of(Guid? owner, char kind, ReadOnlySpan<byte> what)
    {
        const int Longest = 2048;
        Span<byte> text = stackalloc byte[17 + Longest];
        (owner ?? Guid.Empty).TryWriteBytes(text);
        text[16] = (byte)kind;
        what = what.Length > Longest ? what[..Longest] : what;
        what.CopyTo(text[17..]);
        var hash = XxHash128.HashToUInt128(text[..(17 + what.Length)], Seed);
        return new AffinityKey((ulong)(hash >> 64), (ulong)hash);
    }
}

/// <summary>
/// Remembers which quota pool answered what. Bounded: when the young half is full the old half is forgotten, so that what is used stays. Known to this replica
/// only; at another one a conversation starts over somewhere, and a file is searched for.
/// </summary>
internal sealed class Affinities
{
    /// <summary>The most entries of a half.</summary>
    private const int Half = 50_000;

    private readonly Lock gate = new();
    private int added;
    private volatile ConcurrentDictionary<AffinityKey, QuotaPool> young = new();
    private volatile ConcurrentDictionary<AffinityKey, QuotaPool> old = new();

    /// <summary>The pool that answered; null when none is remembered.</summary>
    public QuotaPool? Find(AffinityKey key) => young.TryGetValue(key, out var pool) || old.TryGetValue(key, out pool) ? pool : null;

    /// <summary>Remembers a pool.</summary>
    public void Remember(AffinityKey key, QuotaPool pool)
    {
        young[key] = pool;
        if (Interlocked.Increment(ref added) % 1024 != 0)
        {
            return;
        }

        lock (gate)
        {
            if (young.Count > Half)
            {
                (old, young) = (young, new());
            }
        }
    }
}
