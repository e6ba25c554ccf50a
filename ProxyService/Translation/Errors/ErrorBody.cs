using System.Buffers;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Errors;

/// <summary>An error in the client's dialect.</summary>
internal static class ErrorBody
{
    /// <summary>Writes the error object.</summary>
    public static void Write(ClientDialect dialect, OpenAiError error, IBufferWriter<byte> target)
    {
        if (dialect == ClientDialect.Gemini)
        {
            GeminiErrorBody.Write(error, target);
        }
        else
        {
            OpenAiErrorBody.Write(error, target);
        }
    }
}
