using System.Buffers.Binary;
using System.Buffers.Text;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>Demands, news and verdicts as <see cref="LimitScripts.Accounts"/> reads and writes them: whole numbers of 8 bytes, little-endian, then leases.</summary>
internal static class PackedLimits
{
    /// <summary>Bytes of a verdict.</summary>
    public const int VerdictBytes = 15 * sizeof(long);

    private const int LeaseBytes = 32;

    /// <summary>What a request asks for.</summary>
    public static byte[] Reserve(in LimitDemand demand, in Spent known) =>
        Pack(demand.Limits, known, default, [1, demand.Tokens, demand.Cost, 0], demand.Limits.Concurrency is null ? [] : [demand.Lease], []);

    /// <summary>What was let in already, and what was used.</summary>
    public static byte[] Tell(LimitNews news, AccessKeyLimits limits, in Spent known) =>
        Pack(limits, known, news.Alone, [news.Requests, news.Tokens, news.Cost, 1], news.Taken, news.Given);

    /// <summary>The verdict at a place of an answer.</summary>
    public static LimitVerdict Verdict(ReadOnlySpan<byte> verdicts, int index)
    {
        var verdict = verdicts.Slice(index * VerdictBytes, VerdictBytes);
        var (requests, tokens) = (Number(verdict, 2), Number(verdict, 4));
        return new LimitVerdict(
            (LimitKind)Number(verdict, 0),
            TimeSpan.FromMilliseconds(Number(verdict, 1)),
            requests < 0 ? null : requests,
            TimeSpan.FromMilliseconds(Number(verdict, 3)),
            tokens < 0 ? null : tokens,
            TimeSpan.FromMilliseconds(Number(verdict, 5)))
        {
            Spent = new Spent(Number(verdict, 6), Number(verdict, 7), Number(verdict, 8), Number(verdict, 9), Number(verdict, 10), Number(verdict, 11), Number(verdict, 12), Number(verdict, 13)),
            Held = Number(verdict, 14),
        };
    }

    private static byte[] Pack(AccessKeyLimits limits, in Spent known, in Spent alone, ReadOnlySpan<long> asked, IReadOnlyCollection<Guid> taken, IReadOnlyCollection<Guid> given)
    {
        ReadOnlySpan<long> terms =
        [
            limits.RequestsPerMinute ?? 0, limits.TokensPerMinute ?? 0, limits.RequestsPerDay ?? 0, limits.TokensPerDay ?? 0, limits.TokensPerMonth ?? 0,
            Micros(limits.CostPerDay), Micros(limits.CostPerMonth), limits.Concurrency ?? 0,
        ];
        ReadOnlySpan<long> account =
        [
            LimitScripts.LeaseMs, known.Account, known.Day, known.DayRequests, known.DayTokens, known.DayCost, known.Month, known.MonthTokens, known.MonthCost,
            alone.Day, alone.DayRequests, alone.DayTokens, alone.DayCost, alone.Month, alone.MonthTokens, alone.MonthCost,
            taken.Count, given.Count,
        ];
        var packed = new byte[((terms.Length + asked.Length + account.Length) * sizeof(long)) + ((taken.Count + given.Count) * LeaseBytes)];
        var at = 0;
        Put(packed, ref at, terms);
        Put(packed, ref at, asked);
        Put(packed, ref at, account);
        foreach (var lease in taken.Concat(given))
        {
            // Readable, so that whoever looks into Redis can compare it with a request's id.
            Utf8Formatter.TryFormat(lease, packed.AsSpan(at), out _, 'N');
            at += LeaseBytes;
        }

        return packed;
    }

    private static void Put(byte[] packed, ref int at, ReadOnlySpan<long> numbers)
    {
        foreach (var number in numbers)
        {
            BinaryPrimitives.WriteInt64LittleEndian(packed.AsSpan(at), number);
            at += sizeof(long);
        }
    }

    private static long Number(ReadOnlySpan<byte> verdict, int index) => BinaryPrimitives.ReadInt64LittleEndian(verdict[(index * sizeof(long))..]);

    private static long Micros(decimal? dollars) => dollars is { } amount ? Math.Max(1, (long)(amount * 1_000_000)) : 0;
}
