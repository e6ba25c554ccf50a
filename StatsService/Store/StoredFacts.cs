using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using GeminiBalance.Contracts;

namespace GeminiBalance.StatsService.Store;

/// <summary>
/// The form of facts in the store: what queries look for stands under names of its own, the rest is packed into one text (<see cref="PackedFact"/>). PostgreSQL
/// compresses no row of this size, and JSON of its own costs it more for the names and numbers than for what they say.
/// See <c>docs/decisions/0053-facts-are-stored-short.md</c>.
/// </summary>
internal sealed class StoredFacts : JsonConverter<RequestFact>
{
    /// <summary>The SQL condition for events that are facts.</summary>
    public const string AreFacts = $"type in ('{EventNames.RequestCompleted}', '{EventNames.RequestCompletedInFull}')";

    private static readonly JsonTypeInfo<RequestFact> Fact = (JsonTypeInfo<RequestFact>)OptionsWith(new JsonSerializerOptions()).GetTypeInfo(typeof(RequestFact));

    /// <summary>Makes options write and read facts in this form.</summary>
    public static JsonSerializerOptions OptionsWith(JsonSerializerOptions options)
    {
        options.Converters.Add(new StoredFacts());
        options.TypeInfoResolverChain.Insert(0, ContractsJson.Default);
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;

        // The text inside is JSON itself; nothing here ever stands in a page.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        return options;
    }

    /// <summary>A fact as an event's data.</summary>
    public static string Write(RequestFact fact) => JsonSerializer.Serialize(fact, Fact);

    /// <summary>Reads an event's data, of this form or of the first, in which every field stood under its own name.</summary>
    /// <exception cref="JsonException">It is neither.</exception>
    public static RequestFact Read(string data) => JsonSerializer.Deserialize(data, Fact) ?? throw new JsonException("A fact is null.");

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, RequestFact value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("operation"u8);
        JsonSerializer.Serialize(writer, value.Operation, ContractsJson.Default.RequestOperation);
        writer.WritePropertyName("outcome"u8);
        JsonSerializer.Serialize(writer, value.Outcome, ContractsJson.Default.RequestOutcome);
        writer.WriteNumber("status"u8, value.Status);
        if (value.ModelAsked is not null)
        {
            writer.WriteString("modelAsked"u8, value.ModelAsked);
        }

        if (value.AccessKeyId is { } accessKey)
        {
            writer.WriteString("accessKeyId"u8, accessKey);
        }

        var keys = new KeyList(value);
        if (keys.Tried > 0)
        {
            writer.WriteStartArray("tried"u8);
            for (var n = 0; n < keys.Tried; n++)
            {
                writer.WriteStringValue(keys[n]);
            }

            writer.WriteEndArray();
        }

        writer.WritePropertyName("rest"u8);
        PackedFact.Write(writer, value, keys);
        writer.WriteEndObject();
    }

    /// <inheritdoc />
    public override RequestFact Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var start = reader;
        RequestOperation operation = default;
        RequestOutcome outcome = default;
        var (status, isPacked) = (0, false);
        string? model = null;
        Guid? accessKey = null;
        List<Guid> tried = [];
        Utf8JsonReader rest = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (IsAt(ref reader, "operation"u8))
            {
                operation = JsonSerializer.Deserialize(ref reader, ContractsJson.Default.RequestOperation);
            }
            else if (IsAt(ref reader, "outcome"u8))
            {
                outcome = JsonSerializer.Deserialize(ref reader, ContractsJson.Default.RequestOutcome);
            }
            else if (IsAt(ref reader, "status"u8))
            {
                status = reader.GetInt32();
            }
            else if (IsAt(ref reader, "modelAsked"u8))
            {
                model = reader.GetString();
            }
            else if (IsAt(ref reader, "accessKeyId"u8))
            {
                accessKey = reader.TokenType == JsonTokenType.Null ? null : reader.GetGuid();
            }
            else if (IsAt(ref reader, "tried"u8))
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    tried.Add(reader.GetGuid());
                }
            }
            else if (IsAt(ref reader, "rest"u8))
            {
                rest = reader;
                isPacked = true;
            }
            else
            {
                reader.Skip();
            }
        }

        if (isPacked)
        {
            var found = new RequestFact(Guid.Empty, default, operation, outcome, status, null, model, null, accessKey, null, [], null, false, null, null, 0, null);
            return PackedFact.Read(in rest, found, tried);
        }

        reader = start;
        return JsonSerializer.Deserialize(ref reader, ContractsJson.Default.RequestFact) ?? throw new JsonException("A fact is null.");
    }

    /// <summary>Whether the property it stands at has a name; then it goes on to the value.</summary>
    private static bool IsAt(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueTextEquals(name) && reader.Read();
}
