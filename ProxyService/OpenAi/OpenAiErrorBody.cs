using System.Buffers;
using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>The JSON of an <see cref="OpenAiError"/>.</summary>
internal static class OpenAiErrorBody
{
    /// <summary>Writes the error object.</summary>
    public static void Write(OpenAiError error, IBufferWriter<byte> target)
    {
        using var writer = new Utf8JsonWriter(target);
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteString("message"u8, error.Message);
        writer.WriteString("type"u8, error.Type);
        writer.WriteString("param"u8, error.Param);
        writer.WriteString("code"u8, error.Code);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
