using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>Writes parts that are shown: texts as they stand, code in fences, files as links, media as data.</summary>
internal static class PartJson
{
    /// <summary>The most bytes kept of what Google's own tools did in one answer: half a list is of no use, and whole it must fit into the client's next request.</summary>
    public const int LongestServerTools = 256 * 1024;

    /// <summary>Whether a part belongs to the answer's text.</summary>
    public static bool IsContent(GeminiPartKind kind) => kind is GeminiPartKind.Text or GeminiPartKind.Code or GeminiPartKind.CodeOutput or GeminiPartKind.StoredFile;

    /// <summary>Whether a part of media is an image.</summary>
    public static bool IsImage(GeminiPart part, ReadOnlySpan<byte> json) => part.Kind == GeminiPartKind.Media && part.Name.InnerIn(json).StartsWith("image"u8);

    /// <summary>Appends a part to a text: what goes between the quotes of a JSON string.</summary>
    public static void AppendContent(PooledBuffer target, GeminiPart part, ReadOnlySpan<byte> json)
    {
        switch (part.Kind)
        {
            case GeminiPartKind.Code:
                target.Append("\\n```"u8);
                target.Append(!part.Name.IsNone && part.Name.InnerIn(json).SequenceEqual("PYTHON"u8) ? "python"u8 : default);
                target.Append("\\n"u8);
                target.Append(part.Value.InnerIn(json));
                target.Append("\\n```\\n"u8);
                break;
            case GeminiPartKind.CodeOutput:
                target.Append("\\n```output\\n"u8);
                if (!part.Name.IsNone && !part.Name.InnerIn(json).SequenceEqual("OUTCOME_OK"u8))
                {
                    target.Append(part.Name.InnerIn(json));
                    target.Append("\\n"u8);
                }

                if (!part.Value.IsNone)
                {
                    target.Append(part.Value.InnerIn(json));
                }

                target.Append("\\n```\\n"u8);
                break;
            case GeminiPartKind.StoredFile:
                target.Append("["u8);
                target.Append(part.Value.InnerIn(json));
                target.Append("]("u8);
                target.Append(part.Value.InnerIn(json));
                target.Append(")"u8);
                break;
            default:
                if (!part.Value.IsNone)
                {
                    target.Append(part.Value.InnerIn(json));
                }

                break;
        }
    }

    /// <summary>Appends a part of Google's own tools behind those before it, as it came but for white space; too long a list is given up.</summary>
    /// <param name="target">The parts so far, separated by commas.</param>
    /// <param name="part">The part.</param>
    /// <param name="json">The bytes it was read from.</param>
    /// <returns>False when the list would be longer than <see cref="LongestServerTools"/>; nothing was appended then.</returns>
    public static bool TryAppendServerTool(PooledBuffer target, GeminiPart part, ReadOnlySpan<byte> json)
    {
        if (target.Length + part.Value.Length > LongestServerTools)
        {
            return false;
        }

        target.Append(target.Length > 0 ? ","u8 : default);
        target.AppendCompact(part.Value.In(json));
        return true;
    }

    /// <summary>Appends <c>{"type":"image_url","image_url":{"url":"data:…"}}</c>, with the image's own thought signature if it has one: models that draw ask it back.</summary>
    /// <param name="target">Gets the JSON.</param>
    /// <param name="part">The image.</param>
    /// <param name="json">The bytes it was read from.</param>
    /// <param name="index">Its number in the choice of a stream: clients put lists together by it.</param>
    public static void AppendImage(PooledBuffer target, GeminiPart part, ReadOnlySpan<byte> json, int? index = null)
    {
        target.Append("{"u8);
        if (index is { } number)
        {
            target.Append("\"index\":"u8);
            target.AppendNumber(number);
            target.Append(","u8);
        }

        target.Append("\"type\":\"image_url\",\"image_url\":{\"url\":\"data:"u8);
        target.Append(part.Name.InnerIn(json));
        target.Append(";base64,"u8);
        target.Append(part.Value.InnerIn(json));
        target.Append("\"}"u8);
        ToolCallJson.AppendExtra(target, part.Signature.IsNone ? default : part.Signature.In(json), default);
        target.Append("}"u8);
    }
}
