using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>
/// What an event of a stream has in common with the one before it. Mostly only a text and some counts change from one to the next: such an event is read by
/// comparing the bytes around them, which takes a fraction of what parsing does. Says what <see cref="GenerateContentReader"/> would say, or nothing.
/// </summary>
internal sealed class EventPattern
{
    private const int MostBytes = 4096;
    private const int MostGaps = 5;
    private const int MostDigits = 15;

    /// <summary>What no plain run of a JSON string holds: its end, an escape, a control character.</summary>
    private static readonly SearchValues<byte> NotPlain = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, ' ').Select(control => (byte)control)]);
    private static readonly SearchValues<byte> SimpleEscapes = SearchValues.Create("\"\\/bfnrt"u8);

    private readonly Gap[] gaps = new Gap[MostGaps];
    private int count;
    private byte[] bytes = [];
    private int length;
    private GeminiUsage? usage;

    /// <summary>Reads an event like the one before it.</summary>
    /// <param name="json">The event.</param>
    /// <param name="reply">Holds the event before; holds this one when it is like it, else it is left as it is.</param>
    /// <returns>False when the event differs in more than its text and its counts, or nothing is known of the one before.</returns>
    public bool TryRead(ReadOnlySpan<byte> json, GenerateContentReply reply)
    {
        if (count == 0)
        {
            return false;
        }

        var rest = json;
        ReadOnlySpan<byte> known = bytes.AsSpan(0, length);
        var (now, text) = (usage.GetValueOrDefault(), default(JsonSlice));
        foreach (ref readonly var gap in gaps.AsSpan(0, count))
        {
            if (!TryPass(ref rest, known[..gap.Behind]))
            {
                return false;
            }

            known = known[gap.Behind..];
            var taken = gap.Kind == GapKind.Text ? TextAt(rest) : NumberAt(rest, gap.Kind, ref now);
            if (taken == 0)
            {
                return false;
            }

            text = gap.Kind == GapKind.Text ? new JsonSlice(json.Length - rest.Length - 1, taken + 2) : text;
            rest = rest[taken..];
        }

        if (!rest.SequenceEqual(known))
        {
            return false;
        }

        reply.Parts[0] = reply.Parts[0] with { Value = text };
        reply.Usage = usage is null ? null : now;
        return true;
    }

    /// <summary>Remembers an event that was parsed, if the next one can be read by it.</summary>
    /// <param name="json">The event.</param>
    /// <param name="reply">What was read of it.</param>
    public void Learn(ReadOnlySpan<byte> json, GenerateContentReply reply)
    {
        Forget();
        if (json.Length > MostBytes
            || reply is not { Candidates: [{ Metadata: var metadata }], Parts: [{ Kind: GeminiPartKind.Text or GeminiPartKind.Thought, Name.IsNone: true, Id.IsNone: true, Signature.IsNone: true, Value: { IsNone: false } text }] }
            || metadata != default)
        {
            return;
        }

        Span<(JsonSlice Value, GapKind Kind)> values = stackalloc (JsonSlice, GapKind)[MostGaps];
        var found = 0;
        if (reply.Usage is not null && !TryFindCounts(json, values, out found))
        {
            return;
        }

        values[found++] = (new JsonSlice(text.Start + 1, text.Length - 2), GapKind.Text);
        values[..found].Sort(static (a, b) => a.Value.Start.CompareTo(b.Value.Start));
        bytes = bytes.Length < json.Length ? new byte[json.Length] : bytes;
        var position = 0;
        for (var i = 0; i < found; i++)
        {
            var (value, kind) = values[i];
            gaps[i] = new Gap(value.Start - position, kind);
            Keep(json[position..value.Start]);
            position = value.Start + value.Length;
        }

        Keep(json[position..]);
        (usage, count) = (reply.Usage, found);
    }

    /// <summary>Forgets the event before: the next one is parsed.</summary>
    public void Forget() => (count, length) = (0, 0);

    private void Keep(ReadOnlySpan<byte> more)
    {
        more.CopyTo(bytes.AsSpan(length));
        length += more.Length;
    }

    private static bool TryPass(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> known)
    {
        if (!rest.StartsWith(known))
        {
            return false;
        }

        rest = rest[known.Length..];
        return true;
    }

    /// <summary>Length of the text up to the quote that ends it; 0 when it is empty, or holds what only a parser can judge.</summary>
    private static int TextAt(ReadOnlySpan<byte> rest)
    {
        for (var end = 0; ; end += 2)
        {
            if (rest[end..].IndexOfAny(NotPlain) is not (>= 0 and var plain))
            {
                return 0;
            }

            end += plain;
            if (rest[end] == '"')
            {
                return Utf8.IsValid(rest[..end]) ? end : 0;
            }

            if (rest[end] != '\\' || end + 2 > rest.Length || !SimpleEscapes.Contains(rest[end + 1]))
            {
                return 0;
            }
        }
    }

    /// <summary>Takes a count over.</summary>
    /// <returns>How many digits it has; 0 when it is no number this can read.</returns>
    private static int NumberAt(ReadOnlySpan<byte> rest, GapKind kind, ref GeminiUsage usage)
    {
        var digits = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits is < 1 or > MostDigits || (digits > 1 && rest[0] == '0'))
        {
            return 0;
        }

        var number = 0L;
        foreach (var digit in rest[..digits])
        {
            number = (number * 10) + (digit - '0');
        }

        usage = kind switch
        {
            GapKind.Prompt => usage with { Prompt = number },
            GapKind.Candidates => usage with { Candidates = number },
            GapKind.Thoughts => usage with { Thoughts = number },
            _ => usage with { Total = number },
        };
        return digits;
    }

    /// <summary>Finds the counts that grow along a stream.</summary>
    /// <returns>False when the total is not among them, which is the sum of all others then, or when something is said twice.</returns>
    private static bool TryFindCounts(ReadOnlySpan<byte> json, Span<(JsonSlice Value, GapKind Kind)> values, out int found)
    {
        found = 0;
        var (isFound, seen) = (false, 0);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.IsValue("usageMetadata"u8))
            {
                reader.Read();
                reader.Skip();
                continue;
            }

            if (isFound)
            {
                return false;
            }

            isFound = true;
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var kind = KindOf(ref reader);
                reader.Read();
                if (kind != GapKind.Text)
                {
                    if ((seen & (1 << (int)kind)) != 0 || reader.TokenType != JsonTokenType.Number || reader.ValueSpan.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
                    {
                        return false;
                    }

                    seen |= 1 << (int)kind;
                    values[found++] = (new JsonSlice((int)reader.TokenStartIndex, reader.ValueSpan.Length), kind);
                }

                reader.Skip();
            }
        }

        return (seen & (1 << (int)GapKind.Total)) != 0;
    }

    private static GapKind KindOf(ref Utf8JsonReader reader) =>
        reader.IsValue("promptTokenCount"u8) ? GapKind.Prompt
        : reader.IsValue("candidatesTokenCount"u8) ? GapKind.Candidates
        : reader.IsValue("thoughtsTokenCount"u8) ? GapKind.Thoughts
        : reader.IsValue("totalTokenCount"u8) ? GapKind.Total
        : GapKind.Text;

    /// <summary>Where events differ.</summary>
    /// <param name="Behind">How many bytes that are the same in all stand before it, behind the gap before.</param>
    /// <param name="Kind">What fills it.</param>
    private readonly record struct Gap(int Behind, GapKind Kind);

    private enum GapKind
    {
        Text,
        Prompt,
        Candidates,
        Thoughts,
        Total,
    }
}
