using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>What all chat completions share.</summary>
/// <param name="unary">Gets a whole answer.</param>
/// <param name="stream">Passes a stream through.</param>
/// <param name="settings">How requests are translated.</param>
/// <param name="learned">What models were seen to refuse.</param>
internal sealed class ChatCalls(UnaryAttempt unary, StreamAttempt stream, TranslationSettings settings, LearnedParameters learned)
{
    /// <summary>How requests are translated.</summary>
    public TranslationSettings Settings => settings;

    /// <summary>What models were seen to refuse.</summary>
    public LearnedParameters Learned => learned;

    /// <summary>How an attempt is made.</summary>
    public IChatAttempt AttemptFor(ChatRequest request) => request.Stream ? stream : unary;

    /// <summary>Begins a call; it is not translated yet.</summary>
    /// <inheritdoc cref="ChatCall(ChatCalls, ChatRequest, PooledBuffer, ModelChoice, ModelProfile, AnswerEnvelope, RequestRecord, ClientAnswer)" />
    public ChatCall Begin(ChatRequest request, PooledBuffer json, ModelChoice model, ModelProfile profile, AnswerEnvelope envelope, RequestRecord record, ClientAnswer answer) =>
        new(this, request, json, model, profile, envelope, record, answer);
}

/// <summary>Makes one attempt at a chat completion.</summary>
internal interface IChatAttempt
{
    /// <summary>Makes it; after <see cref="UpstreamOutcome.Answered"/> what completes the answer stands in <see cref="GatewayCall.Outgoing"/>.</summary>
    /// <param name="call">The call.</param>
    /// <param name="key">The key.</param>
    /// <param name="client">Ends when the client goes away.</param>
    Task<UpstreamOutcome> RunAsync(ChatCall call, Secret key, CancellationToken client);
}
