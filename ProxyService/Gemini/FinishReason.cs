using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>Why a candidate ended, grouped by what it means for a client.</summary>
internal enum FinishReason
{
    /// <summary>Not said, or <c>FINISH_REASON_UNSPECIFIED</c>.</summary>
    Absent,

    /// <summary><c>STOP</c>.</summary>
    Stop,

    /// <summary><c>MAX_TOKENS</c>.</summary>
    MaxTokens,

    /// <summary>Filtered: <c>SAFETY</c>, <c>RECITATION</c>, <c>BLOCKLIST</c> and their like.</summary>
    Filtered,

    /// <summary><c>OTHER</c>, <c>IMAGE_OTHER</c>: broken off without a stated reason.</summary>
    Other,

    /// <summary><c>NO_IMAGE</c>.</summary>
    NoImage,

    /// <summary><c>MALFORMED_FUNCTION_CALL</c>: the call could not be read.</summary>
    MalformedFunctionCall,

    /// <summary><c>UNEXPECTED_TOOL_CALL</c>: a call without tools.</summary>
    UnexpectedToolCall,

    /// <summary><c>TOO_MANY_TOOL_CALLS</c>.</summary>
    TooManyToolCalls,

    /// <summary><c>MALFORMED_RESPONSE</c>.</summary>
    MalformedResponse,

    /// <summary><c>MISSING_THOUGHT_SIGNATURE</c>: the conversation lacks one.</summary>
    MissingThoughtSignature,

    /// <summary>A value newer than this program.</summary>
    Unknown,
}

/// <summary>Reads the wire words of <see cref="FinishReason"/>.</summary>
internal static class FinishReasonWords
{
    /// <summary>The reason the reader stands on.</summary>
    public static FinishReason Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return FinishReason.Absent;
        }

        if (reader.IsValue("STOP"u8))
        {
            return FinishReason.Stop;
        }

        return reader.GetString() switch
        {
            "" or "FINISH_REASON_UNSPECIFIED" => FinishReason.Absent,
            "MAX_TOKENS" => FinishReason.MaxTokens,
            "SAFETY" or "RECITATION" or "LANGUAGE" or "BLOCKLIST" or "PROHIBITED_CONTENT" or "SPII" or "MODEL_ARMOR" => FinishReason.Filtered,
            "IMAGE_SAFETY" or "IMAGE_PROHIBITED_CONTENT" or "IMAGE_RECITATION" => FinishReason.Filtered,
            "OTHER" or "IMAGE_OTHER" => FinishReason.Other,
            "NO_IMAGE" => FinishReason.NoImage,
            "MALFORMED_FUNCTION_CALL" => FinishReason.MalformedFunctionCall,
            "UNEXPECTED_TOOL_CALL" => FinishReason.UnexpectedToolCall,
            "TOO_MANY_TOOL_CALLS" => FinishReason.TooManyToolCalls,
            "MALFORMED_RESPONSE" => FinishReason.MalformedResponse,
            "MISSING_THOUGHT_SIGNATURE" => FinishReason.MissingThoughtSignature,
            _ => FinishReason.Unknown,
        };
    }
}
