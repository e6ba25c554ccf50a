using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GeminiBalance.Contracts;

/// <summary>Facts whose JSON was written before and is passed on as it is: whoever only carries them need not read them. Read when somebody looks at them.</summary>
/// <param name="facts">The JSON of each, as <see cref="ContractsJson"/> writes it.</param>
public sealed class RecordedFacts(IReadOnlyList<ReadOnlyMemory<byte>> facts) : IReadOnlyList<RequestFact>
{
    /// <inheritdoc />
    public int Count => facts.Count;

    /// <summary>Reads a fact.</summary>
    /// <exception cref="JsonException">It is not the JSON of a fact.</exception>
    public RequestFact this[int index] => JsonSerializer.Deserialize(facts[index].Span, ContractsJson.Default.RequestFact) ?? throw new JsonException("A fact is null.");

    /// <inheritdoc />
    public IEnumerator<RequestFact> GetEnumerator() => Enumerable.Range(0, Count).Select(index => this[index]).GetEnumerator();

    /// <inheritdoc />
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Writes facts, recorded ones without reading them.</summary>
    internal sealed class Converter : JsonConverter<IReadOnlyList<RequestFact>>
    {
        /// <inheritdoc />
        public override IReadOnlyList<RequestFact> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new JsonException("The facts of a batch are an array.");
            }

            List<RequestFact> facts = [];
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                facts.Add(JsonSerializer.Deserialize(ref reader, ContractsJson.Default.RequestFact) ?? throw new JsonException("A fact is null."));
            }

            return facts;
        }

        /// <inheritdoc />
        public override void Write(Utf8JsonWriter writer, IReadOnlyList<RequestFact> value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            if (value is RecordedFacts { Json: var recorded })
            {
                foreach (var fact in recorded)
                {
                    writer.WriteRawValue(fact.Span, skipInputValidation: true);
                }
            }
            else
            {
                foreach (var fact in value)
                {
                    JsonSerializer.Serialize(writer, fact, ContractsJson.Default.RequestFact);
                }
            }

            writer.WriteEndArray();
        }
    }

    private IReadOnlyList<ReadOnlyMemory<byte>> Json => facts;
}
