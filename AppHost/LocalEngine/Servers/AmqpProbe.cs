using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace GeminiBalance.LocalEngine;

/// <summary>Opens and closes an AMQP 0-9-1 connection, so that a broker counts as healthy only when it lets clients in.</summary>
internal static class AmqpProbe
{
    private const byte MethodFrame = 1;
    private const byte FrameEnd = 0xCE;
    private const ushort Connection = 10;

    private enum Method : ushort
    {
        Start = 10,
        StartOk = 11,
        Tune = 30,
        TuneOk = 31,
        Open = 40,
        OpenOk = 41,
        Close = 50,
        CloseOk = 51,
    }

    public static async Task RunAsync(int port, string user, string password, CancellationToken cancellationToken)
    {
        using TcpClient client = new();
        await client.ConnectAsync("127.0.0.1", port, cancellationToken).ConfigureAwait(false);
        var stream = client.GetStream();
        await stream.WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        await ExpectAsync(stream, Method.Start, cancellationToken).ConfigureAwait(false);
        // No client properties, SASL mechanism, credentials, locale.
        await SendAsync(stream, Method.StartOk, [0, 0, 0, 0, .. Short("PLAIN"), .. Long($"\0{user}\0{password}"), .. Short("en_US")], cancellationToken).ConfigureAwait(false);
        var tune = await ExpectAsync(stream, Method.Tune, cancellationToken).ConfigureAwait(false);
        // What the broker proposes, with heartbeats off.
        await SendAsync(stream, Method.TuneOk, [.. tune.AsSpan(0, 6), 0, 0], cancellationToken).ConfigureAwait(false);
        await SendAsync(stream, Method.Open, [.. Short("/"), 0, 0], cancellationToken).ConfigureAwait(false);
        await ExpectAsync(stream, Method.OpenOk, cancellationToken).ConfigureAwait(false);
        await SendAsync(stream, Method.Close, [0, 200, .. Short("probe"), 0, 0, 0, 0], cancellationToken).ConfigureAwait(false);
        await ExpectAsync(stream, Method.CloseOk, cancellationToken).ConfigureAwait(false);
    }

    private static async Task SendAsync(NetworkStream stream, Method method, byte[] arguments, CancellationToken cancellationToken)
    {
        var frame = new byte[7 + 4 + arguments.Length + 1];
        frame[0] = MethodFrame;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(3), 4 + arguments.Length);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(7), Connection);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(9), (ushort)method);
        arguments.CopyTo(frame, 11);
        frame[^1] = FrameEnd;
        await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<byte[]> ExpectAsync(NetworkStream stream, Method expected, CancellationToken cancellationToken)
    {
        var header = new byte[7];
        await stream.ReadExactlyAsync(header, cancellationToken).ConfigureAwait(false);
        var length = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(3));
        if (header[0] != MethodFrame || length is < 4 or > 128 * 1024)
            throw new DistributedApplicationException("The broker does not speak AMQP 0-9-1.");
        var frame = new byte[length + 1];
        await stream.ReadExactlyAsync(frame, cancellationToken).ConfigureAwait(false);
        var method = (Method)BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(2));
        return method == expected ? frame[4..length] : throw new DistributedApplicationException($"The broker answers {method} where {expected} is due.");
    }

    private static byte[] Short(string text) => [(byte)Encoding.UTF8.GetByteCount(text), .. Encoding.UTF8.GetBytes(text)];

    private static byte[] Long(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var result = new byte[4 + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(result, bytes.Length);
        bytes.CopyTo(result, 4);
        return result;
    }
}
