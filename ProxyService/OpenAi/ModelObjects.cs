using System.Buffers;
using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>The JSON of models. <c>created</c> is fixed: the upstream does not tell, and clients want a number.</summary>
internal static class ModelObjects
{
    private const long Created = 1_735_689_600;

    /// <summary>Writes a list.</summary>
    public static void WriteList(IEnumerable<string> models, IBufferWriter<byte> target)
    {
        using var writer = new Utf8JsonWriter(target);
        writer.WriteStartObject();
        writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        foreach (var model in models)
        {
            Write(model, writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Writes one model.</summary>
    public static void WriteOne(string model, IBufferWriter<byte> target)
    {
        using var writer = new Utf8JsonWriter(target);
        Write(model, writer);
    }

    private static void Write(string model, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, model);
        writer.WriteString("object"u8, "model"u8);
        writer.WriteNumber("created"u8, Created);
        writer.WriteString("owned_by"u8, "google"u8);
        writer.WriteEndObject();
    }
}
