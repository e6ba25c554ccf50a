using System.Buffers.Binary;
using System.Buffers.Text;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>Demands, settlements and verdicts as <see cref="LimitScripts.Accounts"/> reads and writes them: whole numbers of 8 bytes, little-endian, then the lease.</summary>
internal static class PackedLimits
{
    /// <summary>Bytes of a verdict.</summary>
    public const int VerdictBytes = 14 * sizeof(long);

    private const int LeaseBytes = 32;

    /// <summary>What a request asks for.</summary>
    public static byte[] Reserve(in LimitDemand demand)
    {
        var (limits, known) = (demand.Limits, demand.Known);
        return Pack(
            demand.Lease,
            [
                limits.RequestsPerMinute ?? 0, limits.TokensPerMinute ?? 0, limits.RequestsPerDay ?? 0, limits.TokensPerDay ?? 0, limits.TokensPerMonth ?? 0,
                Micros(limits.CostPerDay), Micros(limits.CostPerMonth), limits.Concurrency ?? 0, demand.Tokens, demand.Cost, LimitScripts.LeaseMs,
                known.Account, known.Day, known.DayRequests, known.DayTokens, known.DayCost, known.Month, known.MonthTokens, known.MonthCost,
            ]);
    }

    /// <summary>What it used more than it had reserved (less: negative).</summary>
    public static byte[] Settle(in LimitDemand demand, long tokens, long cost) =>
        Pack(demand.Lease, [tokens - demand.Tokens, cost - demand.Cost, demand.Limits.TokensPerMinute ?? 0]);

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
        };
    }

    private static byte[] Pack(Guid lease, ReadOnlySpan<long> numbers)
    {
        var packed = new byte[(numbers.Length * sizeof(long)) + LeaseBytes];
        for (var i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(packed.AsSpan(i * sizeof(long)), numbers[i]);
        }

        // Readable, so that whoever looks into Redis can compare it with a request's id.
        Utf8Formatter.TryFormat(lease, packed.AsSpan(numbers.Length * sizeof(long)), out _, 'N');
        return packed;
    }

    private static long Number(ReadOnlySpan<byte> verdict, int index) => BinaryPrimitives.ReadInt64LittleEndian(verdict[(index * sizeof(long))..]);

    private static long Micros(decimal? dollars) => dollars is { } amount ? Math.Max(1, (long)(amount * 1_000_000)) : 0;
}
