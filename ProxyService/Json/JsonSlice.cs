namespace GeminiBalance.ProxyService.Json;

/// <summary>Where a raw JSON value lies in the bytes it was read from. Strings include their quotes, so they can be copied without unescaping.</summary>
/// <param name="Start">Offset of the value's first byte.</param>
/// <param name="Length">Length in bytes; 0 means there is no value.</param>
internal readonly record struct JsonSlice(int Start, int Length)
{
    /// <summary>Whether there is no value.</summary>
    public bool IsNone => Length == 0;

    /// <summary>Whether it is the empty string <c>""</c>.</summary>
    public bool IsEmptyString => Length == 2;

    /// <summary>The value's bytes.</summary>
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> json) => json.Slice(Start, Length);

    /// <summary>The bytes of a string between its quotes, still escaped.</summary>
    public ReadOnlySpan<byte> InnerIn(ReadOnlySpan<byte> json) => json.Slice(Start + 1, Length - 2);
}
