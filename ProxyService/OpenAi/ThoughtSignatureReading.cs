using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Finds what came back with a call or a message, wherever a client keeps it: the thought signature, and what Google's own tools did.</summary>
internal static class ThoughtSignatureReading
{
    /// <summary>What some clients put between a call's id and its signature.</summary>
    private const string IdMark = "__thought__";

    private const int LongestSignature = 1024 * 1024;

    /// <summary>From <c>extra_content.google.thought_signature</c>, or <c>vertex</c> in the place of <c>google</c>.</summary>
    public static string? OfExtra(JsonElement extra) =>
        extra.ValueKind == JsonValueKind.Object && (extra.TryGetProperty("google", out var vendor) || extra.TryGetProperty("vertex", out vendor)) ? In(vendor) : null;

    /// <summary>The parts of <c>extra_content.google.tool_parts</c>, separated by commas; null when they are none or not all of Google's own tools.</summary>
    public static string? ServerToolsOfExtra(JsonElement extra)
    {
        if (extra.ValueKind != JsonValueKind.Object || !extra.TryGetProperty("google", out var google) || google.ValueKind != JsonValueKind.Object
            || !google.TryGetProperty("tool_parts", out var parts) || parts.ValueKind != JsonValueKind.Array || parts.GetArrayLength() == 0)
        {
            return null;
        }

        var all = parts.EnumerateArray().ToArray();
        return all.All(IsServerTool) ? string.Join(',', all.Select(part => part.GetRawText())) : null;

        static bool IsServerTool(JsonElement part) => part.ValueKind == JsonValueKind.Object && (part.TryGetProperty("toolCall", out _) || part.TryGetProperty("toolResponse", out _));
    }

    /// <summary>From a whole call object.</summary>
    public static string? OfCall(JsonElement call)
    {
        if (call.TryGetProperty("extra_content", out var extra) && OfExtra(extra) is { } signature)
        {
            return signature;
        }

        if (call.TryGetProperty("provider_specific_fields", out var fields) && In(fields) is { } told)
        {
            return told;
        }

        return call.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object
            ? In(function) ?? (function.TryGetProperty("provider_specific_fields", out fields) ? In(fields) : null)
            : null;
    }

    /// <summary>A call's id without a signature appended to it.</summary>
    /// <param name="id">The id as it came.</param>
    /// <param name="signature">The signature appended; null when there is none.</param>
    public static string CallId(string id, out string? signature)
    {
        var mark = id.IndexOf(IdMark, StringComparison.Ordinal);
        signature = mark > 0 && id.Length > mark + IdMark.Length ? id[(mark + IdMark.Length)..] : null;
        return mark > 0 ? id[..mark] : id;
    }

    private static string? In(JsonElement holder) =>
        holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty("thought_signature", out var signature) && signature.ValueKind == JsonValueKind.String
            && signature.GetString() is { Length: > 0 and <= LongestSignature } text ? text : null;
}
