using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.StatsService.Store;

/// <summary>
/// What no query looks for in a fact, as a text: a JSON array whose places have fixed meanings, those of <see cref="Write"/>. What a later version adds comes at an
/// array's end; readers take what is not there for null and pass over what they do not know.
/// </summary>
internal static class PackedFact
{
    private const int Streamed = 1;

    private const int Estimated = 2;

    private const int Recovered = 4;

    private static readonly JsonWriterOptions Short = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the text as a value.</summary>
    /// <param name="writer">Stands at a value.</param>
    /// <param name="fact">The fact.</param>
    /// <param name="keys">Its keys.</param>
    public static void Write(Utf8JsonWriter writer, RequestFact fact, KeyList keys)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var packed = new Utf8JsonWriter(buffer, Short))
        {
            packed.WriteStartArray();
            PackedIds.Write(packed, fact.Id);
            packed.WriteNumberValue((fact.StartedAt - DateTimeOffset.UnixEpoch).Ticks);
            packed.WriteNumberValue((fact.Streamed ? Streamed : 0) | (fact.Estimated ? Estimated : 0) | (fact.Recovered ? Recovered : 0));
            packed.WriteNumberValue(fact.DurationMs);
            packed.WriteNumberOrNull(fact.FirstTokenMs);
            packed.WriteNumberOrNull(fact.OverheadMs);
            PackedParts.WriteTokens(packed, fact.Tokens);
            packed.WriteStartArray();
            for (var place = keys.Tried; place < keys.Count; place++)
            {
                PackedIds.Write(packed, keys[place]);
            }

            packed.WriteEndArray();
            packed.WriteNumberOrNull(fact.KeyId is { } key ? keys.PlaceOf(key) : null);
            PackedParts.WriteAttempts(packed, fact.Attempts, keys);
            PackedParts.WriteChoice(packed, fact.Choice, keys);
            if (fact.ModelServed is not null && fact.ModelServed == fact.ModelAsked)
            {
                packed.WriteBooleanValue(true);
            }
            else
            {
                packed.WriteStringValue(fact.ModelServed);
            }

            packed.WriteStringValue(fact.TraceParent is null ? null : PackedIds.PackTrace(fact.TraceParent));
            packed.WriteStringValue(fact.ErrorCode);
            packed.WriteStringValue(fact.ClientRequestId);
            packed.WriteEndArray();
        }

        writer.WriteStringValue(buffer.WrittenSpan);
    }

    /// <summary>Reads what <see cref="Write"/> wrote, from a text.</summary>
    /// <param name="reader">Stands at the text.</param>
    /// <param name="found">The fields that stand beside it.</param>
    /// <param name="keys">The keys that were tried.</param>
    /// <exception cref="JsonException">It is no packed fact.</exception>
    public static RequestFact Read(ref readonly Utf8JsonReader reader, RequestFact found, List<Guid> keys)
    {
        var text = ArrayPool<byte>.Shared.Rent(reader.HasValueSequence ? checked((int)reader.ValueSequence.Length) : reader.ValueSpan.Length);
        try
        {
            return Read(text.AsSpan(0, reader.CopyString(text)), found, keys);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or InvalidOperationException or FormatException)
        {
            throw new JsonException("A packed fact is not in the form of one.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }

    private static RequestFact Read(ReadOnlySpan<byte> text, RequestFact found, List<Guid> keys)
    {
        var packed = new PackedArray(text);
        var id = packed.NextId();
        var startedAt = DateTimeOffset.UnixEpoch.AddTicks(packed.NextLong() ?? 0);
        var flags = packed.NextInt() ?? 0;
        var duration = packed.NextDouble() ?? 0;
        var firstToken = packed.NextDouble();
        var overhead = packed.NextDouble();
        var tokens = PackedParts.ReadTokens(ref packed);
        if (packed.Enter())
        {
            while (packed.Next())
            {
                keys.Add(packed.Id());
            }

            packed.Leave();
        }

        Guid? key = packed.NextInt() is { } place ? keys[place] : null;
        var attempts = PackedParts.ReadAttempts(ref packed, keys);
        var choice = PackedParts.ReadChoice(ref packed, keys);
        var served = packed.NextStringOr(same: found.ModelAsked);
        var trace = packed.NextString();
        return found with
        {
            Id = id,
            StartedAt = startedAt,
            ErrorCode = packed.NextString(),
            ModelServed = served,
            KeyId = key,
            Attempts = attempts,
            Choice = choice,
            Streamed = (flags & Streamed) != 0,
            Tokens = tokens,
            FirstTokenMs = firstToken,
            DurationMs = duration,
            TraceParent = trace is null ? null : PackedIds.UnpackTrace(trace),
            Estimated = (flags & Estimated) != 0,
            OverheadMs = overhead,
            Recovered = (flags & Recovered) != 0,
            ClientRequestId = packed.NextString(),
        };
    }
}
