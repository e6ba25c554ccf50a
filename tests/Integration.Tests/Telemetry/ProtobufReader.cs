using System.Buffers.Binary;
using System.Text;

namespace GeminiBalance.Integration.Tests.Telemetry;

/// <summary>Reads the fields of one protobuf message: as much of the format as OTLP uses.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> rest = data;

    /// <summary>Number of the field read last.</summary>
    public int Field { get; private set; }

    /// <summary>Bytes of the field read last; empty unless it is a string, bytes or a message.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool Read()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var tag = Varint();
        Field = (int)(tag >> 3);
        Bytes = default;
        switch (tag & 7)
        {
            case 0:
                Varint();
                break;
            case 1:
                rest = rest[8..];
                break;
            case 2:
                var length = (int)Varint();
                Bytes = rest[..length];
                rest = rest[length..];
                break;
            case 5:
                _ = BinaryPrimitives.ReadUInt32LittleEndian(rest);
                rest = rest[4..];
                break;
            default:
                throw new InvalidDataException("Not a protobuf message.");
        }

        return true;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = rest[0];
            rest = rest[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
