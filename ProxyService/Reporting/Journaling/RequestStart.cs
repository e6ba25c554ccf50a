using System.Buffers.Binary;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>What is written down before the upstream is asked: enough to make a fact of the request if this process dies over it.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="StartedAt">When its head had been read.</param>
/// <param name="Operation">What is asked for.</param>
/// <param name="AccessKeyId">Who asks.</param>
/// <param name="KeyId">The upstream key about to be used.</param>
/// <param name="Model">The model asked for.</param>
/// <param name="Streamed">Whether the answer is a stream.</param>
/// <param name="PromptBytes">Size of what the upstream is sent.</param>
/// <param name="TraceParent">W3C <c>traceparent</c>.</param>
/// <param name="ClientRequestId">The id the client gave its request.</param>
/// <param name="MostAnswerTokens">The most tokens the answer can hold.</param>
internal readonly record struct RequestStart(
    Guid Id,
    DateTimeOffset StartedAt,
    RequestOperation Operation,
    Guid? AccessKeyId,
    Guid KeyId,
    string? Model,
    bool Streamed,
    int PromptBytes,
    string? TraceParent,
    string? ClientRequestId = null,
    int MostAnswerTokens = 0)
{
    private const int FixedBytes = 16 + 8 + 1 + 16 + 16 + 1 + 4;
    private const int AnswerBytes = 4;

    /// <summary>Appends the binary form.</summary>
    public void Write(PooledBuffer target)
    {
        var bytes = target.GetSpan(FixedBytes);
        Id.TryWriteBytes(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], StartedAt.UtcTicks);
        bytes[24] = (byte)Operation;
        AccessKeyId.GetValueOrDefault().TryWriteBytes(bytes[25..]);
        KeyId.TryWriteBytes(bytes[41..]);
        bytes[57] = Streamed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[58..], PromptBytes);
        target.Advance(FixedBytes);
        WriteText(target, Model);
        WriteText(target, TraceParent);
        WriteText(target, ClientRequestId);
        BinaryPrimitives.WriteInt32LittleEndian(target.GetSpan(AnswerBytes), MostAnswerTokens);
        target.Advance(AnswerBytes);
    }

    /// <summary>Reads the binary form; null when it is none.</summary>
    public static RequestStart? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedBytes + 2)
        {
            return null;
        }

        var accessKey = new Guid(bytes.Slice(25, 16));
        var rest = bytes[FixedBytes..];
        string? clientId = null;

        // Records of earlier versions end before the client's id, or before the bound of the answer.
        return TryReadText(ref rest, out var model) && TryReadText(ref rest, out var trace) && (rest.IsEmpty || TryReadText(ref rest, out clientId)) && rest.Length is 0 or AnswerBytes
            ? new RequestStart(
                new Guid(bytes[..16]),
                new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]), TimeSpan.Zero),
                (RequestOperation)bytes[24],
                accessKey == Guid.Empty ? null : accessKey,
                new Guid(bytes.Slice(41, 16)),
                model,
                bytes[57] == 1,
                BinaryPrimitives.ReadInt32LittleEndian(bytes[58..]),
                trace,
                clientId,
                rest.IsEmpty ? 0 : BinaryPrimitives.ReadInt32LittleEndian(rest))
            : null;
    }

    /// <summary>The fact of a request whose process died: left in the middle, with the most it can have used as the estimate.</summary>
    /// <param name="diedAt">When the process was last known to live.</param>
    public RequestFact ToAbortedFact(DateTimeOffset diedAt) => new(
        Id,
        StartedAt,
        Operation,
        RequestOutcome.Aborted,
        StatusCodes.Status499ClientClosedRequest,
        null,
        Model,
        null,
        AccessKeyId,
        KeyId,
        [new AttemptFact(KeyId, UpstreamOutcomeClass.Cancelled, null, 0)],
        null,
        Streamed,
        UsageEstimate.MostOf(PromptBytes, MostAnswerTokens),
        null,
        Math.Max(0, (diedAt - StartedAt).TotalMilliseconds),
        TraceParent,
        Estimated: true,
        Recovered: true,
        ClientRequestId: ClientRequestId);

    private static void WriteText(PooledBuffer target, string? text)
    {
        // At most 128 characters: a length fits into a byte or two. 0 is null.
        var length = text is null ? 0 : Encoding.UTF8.GetByteCount(text) + 1;
        var bytes = target.GetSpan(length + 2);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, checked((ushort)length));
        if (text is not null)
        {
            Encoding.UTF8.GetBytes(text, bytes[2..]);
        }

        target.Advance(2 + Math.Max(0, length - 1));
    }

    private static bool TryReadText(ref ReadOnlySpan<byte> bytes, out string? text)
    {
        text = null;
        if (bytes.Length < 2)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes) - 1;
        bytes = bytes[2..];
        if (length < 0)
        {
            return true;
        }

        if (bytes.Length < length)
        {
            return false;
        }

        text = Encoding.UTF8.GetString(bytes[..length]);
        bytes = bytes[length..];
        return true;
    }
}
