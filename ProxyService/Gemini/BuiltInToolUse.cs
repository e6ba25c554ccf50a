using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>Whether a request in Gemini's form lets the model use tools that Google runs itself, such as its search. They have quotas of their own.</summary>
internal static class BuiltInToolUse
{
    /// <summary>Looks for one.</summary>
    /// <param name="body">The request.</param>
    /// <returns>False also when it cannot be read.</returns>
    public static bool IsIn(ReadOnlySpan<byte> body)
    {
        // Nobody spells the name with escapes; one who does is taken for one who uses none.
        if (body.IndexOf("\"tools\""u8) < 0)
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(body);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && HasTools(ref reader);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool HasTools(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isTools = reader.IsValue("tools"u8);
            reader.Read();
            if (!isTools || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    // Whatever else stands here is Google's, also what it will be given a name for only later.
                    if (!reader.IsValue("functionDeclarations"u8) && !reader.IsValue("function_declarations"u8))
                    {
                        return true;
                    }

                    reader.Read();
                    reader.Skip();
                }
            }
        }

        return false;
    }
}
