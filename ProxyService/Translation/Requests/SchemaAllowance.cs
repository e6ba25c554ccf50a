using System.Runtime.InteropServices;
using System.Text.Json;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>What the schemas of one request may cost beyond their own size: a reference of a few bytes repeats all it leads to, and circles are looked for from every place anew.</summary>
internal sealed class SchemaAllowance
{
    /// <summary>The most bytes that references may repeat: no schema somebody wrote by hand or had generated comes near.</summary>
    public const int MostRepeatedBytes = 8 * 1024 * 1024;

    /// <summary>The most keywords and references looked at for circles.</summary>
    private const int MostSteps = 1_000_000;

    private long repeated;
    private long steps;

    /// <summary>Whether a value may be written out once more, where it is referred to.</summary>
    /// <param name="target">The value.</param>
    public bool MayRepeat(JsonElement target) => (repeated += JsonMarshal.GetRawUtf8Value(target).Length) <= MostRepeatedBytes;

    /// <summary>Whether more may be looked at for circles; what lies beyond is taken for free of them.</summary>
    /// <param name="count">How much.</param>
    public bool MayLookAt(int count) => (steps += count) <= MostSteps;
}
