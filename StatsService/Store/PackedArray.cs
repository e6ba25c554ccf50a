using System.Text.Json;

namespace GeminiBalance.StatsService.Store;

/// <summary>Reads a JSON array, and arrays in it, whose places have fixed meanings. A place that is not there reads as null.</summary>
internal ref struct PackedArray
{
    private Utf8JsonReader reader;
    private bool ended;

    /// <summary>Stands before the first place.</summary>
    /// <param name="json">The array.</param>
    /// <exception cref="JsonException">It is none.</exception>
    public PackedArray(ReadOnlySpan<byte> json)
    {
        reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A packed fact is an array.");
        }
    }

    /// <summary>The next place holds an array, and it is in it now, until <see cref="Leave"/>.</summary>
    public bool Enter() => Next() && reader.TokenType == JsonTokenType.StartArray;

    /// <summary>Goes to the next place of the array it is in; false, as often as one asks, when there is none.</summary>
    public bool Next()
    {
        if (!ended)
        {
            ended = !reader.Read() || reader.TokenType == JsonTokenType.EndArray;
        }

        return !ended;
    }

    /// <summary>Leaves the array it is in, past places nobody asked for.</summary>
    public void Leave()
    {
        while (Next())
        {
            reader.Skip();
        }

        ended = false;
    }

    /// <summary>The next place as an id.</summary>
    /// <exception cref="JsonException">There is none.</exception>
    public Guid NextId()
    {
        Next();
        return Id();
    }

    /// <summary>This place as an id.</summary>
    /// <exception cref="JsonException">There is none.</exception>
    public readonly Guid Id() => PackedIds.ReadGuid(in reader);

    /// <summary>The next place as a whole number.</summary>
    public long? NextLong() => IsNextNull() ? null : reader.GetInt64();

    /// <summary>The next place as a small whole number.</summary>
    public int? NextInt() => IsNextNull() ? null : reader.GetInt32();

    /// <summary>The next place as a number.</summary>
    public double? NextDouble() => IsNextNull() ? null : reader.GetDouble();

    /// <summary>The next place as a text.</summary>
    public string? NextString() => IsNextNull() ? null : reader.GetString();

    /// <summary>The next place as a text, or another text where it says that they are the same.</summary>
    public string? NextStringOr(string? same) => IsNextNull() ? null : reader.TokenType == JsonTokenType.True ? same : reader.GetString();

    /// <summary>The next place as a word of a closed set.</summary>
    /// <exception cref="JsonException">It is not one of them.</exception>
    public TWord NextWord<TWord>()
        where TWord : struct, Enum =>
        Enum.TryParse<TWord>(NextString(), out var word) ? word : throw new JsonException($"A packed fact has no {typeof(TWord).Name} where one belongs.");

    private bool IsNextNull() => !Next() || reader.TokenType == JsonTokenType.Null;
}
