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

/// <summary>A call that was passed on, with the signature it needs when it comes back.</summary>
/// <param name="CallId">The call's id, as the client sees it.</param>
/// <param name="Signature">The signature.</param>
internal readonly record struct SignedCall(string CallId, string Signature);
