namespace GeminiBalance.ProxyService.Gemini;

/// <summary>Finds what lies in one project only in a request in Gemini's own form: an uploaded file, a cached content.</summary>
internal static class NativeResources
{
    /// <summary>Beyond this size a body is not searched: what is that large holds its media itself.</summary>
    private const int Longest = 4 * 1024 * 1024;

    private const int LongestName = 200;

    /// <summary>The name of the first resource, from <c>files/</c> or <c>cachedContents/</c> on; empty when there is none.</summary>
    /// <param name="body">A checked JSON body.</param>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> body)
    {
        if (body.Length > Longest)
        {
            return default;
        }

        var cached = Name(body, "\"cachedContents/"u8);
        return cached.IsEmpty && (body.IndexOf("fileUri"u8) >= 0 || body.IndexOf("file_uri"u8) >= 0) ? Name(body, "/files/"u8) : cached;
    }

    private static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> body, ReadOnlySpan<byte> mark)
    {
        var start = body.IndexOf(mark);
        if (start < 0)
        {
            return default;
        }

        var name = body[(start + 1)..];
        var end = name.IndexOf((byte)'"');
        return end is > 0 and <= LongestName ? name[..end] : default;
    }
}
