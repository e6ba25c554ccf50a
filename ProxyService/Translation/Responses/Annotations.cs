using System.Text;
using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>
/// Turns grounding and citations into OpenAI's <c>url_citation</c>. Gemini counts UTF-8 bytes, OpenAI's clients count characters (code points);
/// indices that do not fit the text are looked for by their text, or left out.
/// </summary>
internal static class Annotations
{
    /// <summary>Appends <c>,"annotations":[…]</c>, if there are any.</summary>
    /// <param name="target">Gets the JSON.</param>
    /// <param name="content">The whole text of the answer, escaped as between the quotes of a JSON string.</param>
    /// <param name="partStarts">Where in that text each part begins, in escaped bytes.</param>
    /// <param name="grounding">The raw <c>groundingMetadata</c>; empty when there is none.</param>
    /// <param name="citations">The raw <c>citationMetadata</c>; empty when there is none.</param>
    public static void Append(PooledBuffer target, ReadOnlySpan<byte> content, IReadOnlyList<int> partStarts, ReadOnlySpan<byte> grounding, ReadOnlySpan<byte> citations)
    {
        // Half a character has no place in a text: then there is nothing to point at, or nothing to point to.
        if ((grounding.IsEmpty && citations.IsEmpty) || JsonText.HasLoneSurrogate(content) || JsonText.HasLoneSurrogate(grounding) || JsonText.HasLoneSurrogate(citations))
        {
            return;
        }

        var found = new List<Citation>();
        var text = JsonText.Unescape(content);
        if (!grounding.IsEmpty)
        {
            AddGrounding(JsonElement.Parse(grounding), text, content, partStarts, found);
        }

        if (!citations.IsEmpty)
        {
            AddCitations(JsonElement.Parse(citations), text, found);
        }

        if (found.Count == 0)
        {
            return;
        }

        target.Append(",\"annotations\":["u8);
        for (var i = 0; i < found.Count; i++)
        {
            target.Append(i == 0 ? "{\"type\":\"url_citation\",\"url_citation\":{\"start_index\":"u8 : ",{\"type\":\"url_citation\",\"url_citation\":{\"start_index\":"u8);
            target.AppendNumber(Characters(text, found[i].Start));
            target.Append(",\"end_index\":"u8);
            target.AppendNumber(Characters(text, found[i].End));
            target.Append(",\"url\":"u8);
            target.Append(JsonText.Quote(found[i].Url));
            target.Append(",\"title\":"u8);
            target.Append(JsonText.Quote(found[i].Title ?? found[i].Url));
            target.Append("}}"u8);
        }

        target.Append("]"u8);
    }

    private static void AddGrounding(JsonElement grounding, byte[] text, ReadOnlySpan<byte> content, IReadOnlyList<int> partStarts, List<Citation> found)
    {
        if (!Array(grounding, "groundingSupports", out var supports) || !Array(grounding, "groundingChunks", out var chunks))
        {
            return;
        }

        foreach (var support in supports.EnumerateArray())
        {
            if (support.ValueKind != JsonValueKind.Object || !support.TryGetProperty("segment", out var segment) || segment.ValueKind != JsonValueKind.Object || !Array(support, "groundingChunkIndices", out var indices)
                || Place(segment, text, content, partStarts) is not var (start, end))
            {
                continue;
            }

            foreach (var index in indices.EnumerateArray())
            {
                if (index.ValueKind == JsonValueKind.Number && index.TryGetInt32(out var number) && number >= 0 && number < chunks.GetArrayLength() && Source(chunks[number]) is var (url, title)
                    && !found.Exists(known => known.Start == start && known.End == end && known.Url == url))
                {
                    found.Add(new Citation(start, end, url, title));
                }
            }
        }
    }

    private static void AddCitations(JsonElement citations, byte[] text, List<Citation> found)
    {
        if (!Array(citations, "citationSources", out var sources) && !Array(citations, "citations", out sources))
        {
            return;
        }

        foreach (var source in sources.EnumerateArray())
        {
            if (source.ValueKind != JsonValueKind.Object || String(source, "uri") is not { Length: > 0 } url)
            {
                continue;
            }

            var start = Boundary(text, Number(source, "startIndex") ?? 0);
            var end = Boundary(text, Number(source, "endIndex") ?? text.Length);
            if (start < text.Length && end > start)
            {
                found.Add(new Citation(start, end, url, String(source, "title")));
            }
        }
    }

    /// <summary>Where a segment lies in the whole text, in bytes; null when it cannot be found.</summary>
    private static (int Start, int End)? Place(JsonElement segment, byte[] text, ReadOnlySpan<byte> content, IReadOnlyList<int> partStarts)
    {
        var part = Number(segment, "partIndex") ?? 0;
        var offset = part > 0 && part < partStarts.Count ? JsonText.Unescape(content[..partStarts[part]]).Length : 0;
        var start = offset + (Number(segment, "startIndex") ?? 0);
        var end = offset + (Number(segment, "endIndex") ?? 0);
        var said = String(segment, "text") is { Length: > 0 } words ? Encoding.UTF8.GetBytes(words) : null;
        if (start >= 0 && end > start && end <= text.Length && IsBoundary(text, start) && IsBoundary(text, end) && (said is null || text.AsSpan(start..end).SequenceEqual(said)))
        {
            return (start, end);
        }

        if (said is not null && text.AsSpan().IndexOf(said) is >= 0 and var at)
        {
            return (at, at + said.Length);
        }

        return null;
    }

    private static (string Url, string? Title)? Source(JsonElement chunk)
    {
        if (chunk.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var (kind, field) in ((string, string)[])[("web", "uri"), ("maps", "uri"), ("retrievedContext", "uri"), ("image", "sourceUri")])
        {
            if (chunk.TryGetProperty(kind, out var source) && source.ValueKind == JsonValueKind.Object && String(source, field) is { Length: > 0 } url)
            {
                return (url, String(source, "title"));
            }
        }

        return null;
    }

    private static int Characters(byte[] text, int bytes)
    {
        var count = 0;
        foreach (var b in text.AsSpan(0, bytes))
        {
            count += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }

    private static bool IsBoundary(byte[] text, int at) => at == text.Length || (text[at] & 0xC0) != 0x80;

    private static int Boundary(byte[] text, int at)
    {
        at = Math.Clamp(at, 0, text.Length);
        while (!IsBoundary(text, at))
        {
            at--;
        }

        return at;
    }

    private static bool Array(JsonElement holder, string name, out JsonElement array) =>
        holder.TryGetProperty(name, out array) && array.ValueKind == JsonValueKind.Array;

    private static string? String(JsonElement holder, string name) =>
        holder.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int? Number(JsonElement holder, string name) =>
        holder.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    private readonly record struct Citation(int Start, int End, string Url, string? Title);
}
