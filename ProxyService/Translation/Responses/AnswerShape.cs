using System.Text;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>How an answer must look for the client that asked: its frame, and what the request said about it.</summary>
/// <param name="Envelope">What frames the answer.</param>
/// <param name="Request">The request.</param>
internal sealed record AnswerShape(AnswerEnvelope Envelope, ChatRequest Request)
{
    /// <summary>Whether a stream ends with its usage.</summary>
    public bool IncludeUsage => Request.IncludeUsage;

    /// <summary>Whether the client knows the older form of calls only.</summary>
    public bool UsesFunctions => Request.Tools.IsOlderForm;

    /// <summary>Whether all calls of an answer are passed on, or only the first.</summary>
    public bool Parallel => Request.Tools.Parallel && !UsesFunctions;

    /// <summary>The word for an answer that calls functions.</summary>
    public string FinishReason(string word) => word == "tool_calls" && UsesFunctions ? "function_call" : word;
}

/// <summary>A call or an answer that was passed on, with what it needs when it comes back.</summary>
/// <param name="CallId">The call's id, as the client sees it; of an answer without calls, what it is recognised by.</param>
/// <param name="Signature">The signature; null when it has none.</param>
/// <param name="IsText">Whether it is an answer without calls.</param>
/// <param name="ServerTools">What Google's own tools did before it: raw JSON objects, separated by commas; null for nothing.</param>
internal readonly record struct SignedCall(string CallId, string? Signature, bool IsText = false, string? ServerTools = null)
{
    /// <summary>Whether there is anything to remember.</summary>
    public bool IsWorthKeeping => Signature is not null || ServerTools is not null;

    /// <summary>What an answer without calls needs; null when it needs nothing or cannot be recognised again.</summary>
    /// <param name="content">The answer's text, as it stands between the quotes of a JSON string.</param>
    /// <param name="signature">The signature as a raw JSON string; empty for none.</param>
    /// <param name="serverTools">What Google's own tools did before it; empty for nothing.</param>
    public static SignedCall? OfText(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> serverTools = default)
    {
        var signed = new SignedCall("", SignatureOf(signature), IsText: true, serverTools.IsEmpty ? null : Encoding.UTF8.GetString(serverTools));
        return signed.IsWorthKeeping && content.Length is > 0 and <= AnswerFingerprint.LongestText && !JsonText.HasLoneSurrogate(content)
            ? signed with { CallId = AnswerFingerprint.Of(JsonText.Unescape(content)) }
            : null;
    }

    private static string? SignatureOf(ReadOnlySpan<byte> raw) => raw.Length > 2 ? JsonText.Text(raw[1..^1]) : null;
}
