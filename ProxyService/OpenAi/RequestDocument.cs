using System.Text.Json;
using System.Text.Unicode;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads the object of a request, the reader standing on its opening brace.</summary>
/// <exception cref="RequestRefusedException">A field is refused.</exception>
internal delegate T ReadObject<out T>(ref Utf8JsonReader reader, ReadOnlySpan<byte> body);

/// <summary>What every JSON body is held to, whatever its fields are: UTF-8, one object, no deeper than allowed, nothing behind it.</summary>
internal static class RequestDocument
{
    private const int MaximumDepth = 64;

    /// <summary>Reads a request.</summary>
    /// <param name="body">The whole body, without a byte order mark.</param>
    /// <param name="read">Reads the fields.</param>
    /// <param name="error">Why it is refused; null when it is not.</param>
    /// <returns>The request, or null.</returns>
    public static T? Read<T>(ReadOnlySpan<byte> body, ReadObject<T> read, out OpenAiError? error)
        where T : class
    {
        error = null;
        if (!Utf8.IsValid(body))
        {
            error = OpenAiError.Invalid("invalid_utf8", "The request body is not valid UTF-8.");
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaximumDepth });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                error = OpenAiError.Invalid("invalid_body", "The request body must be a JSON object.");
                return null;
            }

            return read(ref reader, body);
        }
        catch (JsonException e)
        {
            error = OpenAiError.InvalidJson($"The request body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine}).");
        }
        catch (InvalidOperationException)
        {
            // Names and words are compared unescaped, which half of a surrogate pair cannot be.
            error = OpenAiError.Invalid("invalid_unicode", "The request body holds half of a surrogate pair, which is no Unicode text.");
        }
        catch (RequestRefusedException e)
        {
            error = e.Error;
        }

        return null;
    }
}
