using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>Passes Gemini's own metadata on, for clients that ask for it.</summary>
internal static class MetadataJson
{
    /// <summary>Appends <c>,"google":{…}</c> with what there is.</summary>
    public static void Append(PooledBuffer target, CandidateMetadata metadata, ReadOnlySpan<byte> json)
    {
        target.Append(",\"google\":{"u8);
        var separate = Append(target, "\"grounding_metadata\":"u8, metadata.Grounding, json, separate: false);
        separate = Append(target, "\"url_context_metadata\":"u8, metadata.UrlContext, json, separate);
        Append(target, "\"safety_ratings\":"u8, metadata.Safety, json, separate);
        target.Append("}"u8);
    }

    private static bool Append(PooledBuffer target, ReadOnlySpan<byte> name, JsonSlice value, ReadOnlySpan<byte> json, bool separate)
    {
        if (value.IsNone)
        {
            return separate;
        }

        target.Append(separate ? ","u8 : default);
        target.Append(name);
        target.AppendCompact(value.In(json));
        return true;
    }
}
