using System.Text;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Translation.Responses;

namespace GeminiBalance.ProxyService.Translation.Streaming;

/// <summary>What a stream must remember of one choice.</summary>
/// <param name="index">Its number.</param>
internal sealed class StreamedChoice(int index) : IDisposable
{
    /// <summary>The most text kept for annotations; a longer answer gets none.</summary>
    private const int LongestKept = 1024 * 1024;

    private readonly PooledBuffer text = new(512);
    private readonly PooledBuffer serverTools = new(0);
    private byte[] grounding = [];
    private byte[] citations = [];
    private byte[] urlContext = [];
    private byte[] safety = [];
    private FinishReason finishReason;
    private string? finishMessage;
    private byte[]? signature;
    private byte[]? imageSignature;
    private bool tooLong;
    private bool tooManyServerTools;

    /// <summary>Its number.</summary>
    public int Index => index;

    /// <summary>Whether its role was told.</summary>
    public bool RoleWritten { get; set; }

    /// <summary>What it holds.</summary>
    public AnswerContent Content { get; set; }

    /// <summary>How many calls were written.</summary>
    public int Calls { get; set; }

    /// <summary>How many images were written.</summary>
    public int Images { get; set; }

    /// <summary>The first call written; null before any.</summary>
    public SignedCall? FirstCall { get; set; }

    /// <summary>Bytes kept for its end.</summary>
    public long Kept => text.Length + serverTools.Length + grounding.Length + citations.Length + urlContext.Length + safety.Length + (signature?.Length ?? 0) + (imageSignature?.Length ?? 0);

    /// <summary>Whether it said how it ended.</summary>
    public bool HasEnded => finishReason != FinishReason.Absent;

    /// <summary>Takes over what an event says beside its parts; a later event wins.</summary>
    public void Note(GeminiCandidate candidate, ReadOnlySpan<byte> json)
    {
        if (candidate.FinishReason != FinishReason.Absent)
        {
            finishReason = candidate.FinishReason;
            finishMessage = candidate.FinishMessage ?? finishMessage;
        }

        // Grounding may come as an empty object on every event; only what says something is kept.
        Keep(ref grounding, candidate.Metadata.Grounding, json);
        Keep(ref citations, candidate.Metadata.Citations, json);
        Keep(ref urlContext, candidate.Metadata.UrlContext, json);
        Keep(ref safety, candidate.Metadata.Safety, json);
    }

    /// <summary>Notes that it was filtered, whatever it said of its end.</summary>
    public void Block() => finishReason = FinishReason.Filtered;

    /// <summary>Keeps a text for the annotations.</summary>
    public void Keep(GeminiPart part, ReadOnlySpan<byte> json)
    {
        if (tooLong || text.Length + part.Value.Length > LongestKept)
        {
            tooLong = true;
            return;
        }

        PartJson.AppendContent(text, part, json);
    }

    /// <summary>Keeps a part's signature: that of the last part is the answer's.</summary>
    public void KeepSignature(GeminiPart part, ReadOnlySpan<byte> json)
    {
        ref var kept = ref PartJson.IsImage(part, json) ? ref imageSignature : ref signature;
        kept = part.Signature.In(json).ToArray();
    }

    /// <summary>Keeps what one of Google's own tools did.</summary>
    public void KeepServerTool(GeminiPart part, ReadOnlySpan<byte> json)
    {
        if (tooManyServerTools || !PartJson.TryAppendServerTool(serverTools, part, json))
        {
            tooManyServerTools = true;
            serverTools.Clear();
        }
    }

    /// <summary>Judges it after its last event.</summary>
    public AnswerVerdict Judge(GeminiUsage? usage) => FinishReasonTranslation.Judge(finishReason, finishMessage, Content, usage?.Thoughts ?? 0);

    /// <summary>Appends what only the end knows, as the members of a delta: annotations, the signature and what Google's own tools did.</summary>
    /// <param name="target">Gets them.</param>
    /// <param name="signed">Gets what the answer needs when it comes back, if it can be recognised by its first call or its text.</param>
    public void AppendEnd(PooledBuffer target, List<SignedCall> signed)
    {
        using var members = new PooledBuffer(256);
        if (!tooLong)
        {
            Annotations.Append(members, text.WrittenSpan, [], grounding, citations);
        }

        // An image's signature went out with it, and is never that of a text.
        var own = signature ?? (text.Length == 0 && !tooLong ? imageSignature : null);
        ToolCallJson.AppendExtra(members, own, serverTools.WrittenSpan);
        if (Calls == 0 && !tooLong && SignedCall.OfText(text.WrittenSpan, own, serverTools.WrittenSpan) is { } answer)
        {
            signed.Add(answer);
        }
        else if (FirstCall is { } call && serverTools.Length > 0)
        {
            signed.Add(call with { ServerTools = Encoding.UTF8.GetString(serverTools.WrittenSpan) });
        }

        if (members.Length > 0)
        {
            // Each member begins with a comma.
            target.Append(members.WrittenSpan[1..]);
        }
    }

    /// <summary>Appends Gemini's own metadata.</summary>
    public void AppendMetadata(PooledBuffer target)
    {
        using var all = new PooledBuffer();
        var metadata = new CandidateMetadata(Add(all, grounding), default, default, Add(all, urlContext), Add(all, safety));
        MetadataJson.Append(target, metadata, all.WrittenSpan);

        static JsonSlice Add(PooledBuffer all, byte[] value)
        {
            var slice = new JsonSlice(all.Length, value.Length);
            all.Append(value);
            return slice;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        text.Dispose();
        serverTools.Dispose();
    }

    private static void Keep(ref byte[] kept, JsonSlice value, ReadOnlySpan<byte> json)
    {
        if (value.Length > 2 && value.Length <= LongestKept)
        {
            kept = value.In(json).ToArray();
        }
    }
}
