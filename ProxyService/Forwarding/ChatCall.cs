using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ProxyService.Translation.Requests;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>A chat completion on its way.</summary>
/// <param name="chats">What all of them share.</param>
/// <param name="request">What the client asks.</param>
/// <param name="json">The bytes it was read from; they must outlive the call.</param>
/// <param name="model">The upstream model, and what its name asked for.</param>
/// <param name="profile">What the model understands.</param>
/// <param name="envelope">What frames the answer.</param>
/// <param name="record">What is known of the request.</param>
/// <param name="answer">The answer to the client.</param>
internal sealed class ChatCall(ChatCalls chats, ChatRequest request, PooledBuffer json, ModelChoice model, ModelProfile profile, AnswerEnvelope envelope, RequestRecord record, ClientAnswer answer)
    : GatewayCall(model.Name, record, answer)
{
    private static readonly byte[] EndMark = "data: [DONE]\n\n"u8.ToArray();

    private bool repaired;

    /// <summary>What the client asks.</summary>
    public ChatRequest Request => request;

    /// <summary>What the model understands.</summary>
    public ModelProfile Profile { get; private set; } = profile;

    /// <summary>How the answer must look.</summary>
    public AnswerShape Shape { get; } = new(envelope, request);

    /// <inheritdoc />
    public override string Method => request.Stream ? "streamGenerateContent?alt=sse" : "generateContent";

    /// <summary>Writes the request in Gemini's form.</summary>
    /// <param name="replaceSignatures">Whether the conversation's signatures were refused.</param>
    /// <exception cref="RequestRefusedException">The model cannot do what is asked.</exception>
    public void Translate(bool replaceSignatures = false)
    {
        RenewBody();
        var options = chats.Settings.For(model with { Name = Model }, chats.Learned.Of(Model)) with { ReplaceSignatures = replaceSignatures };
        GenerateContentWriter.Write(request, json.WrittenSpan, Profile, options, Body);
    }

    /// <inheritdoc />
    public override Task<UpstreamOutcome> AttemptAsync(Secret key, CancellationToken alive) => chats.AttemptFor(request).RunAsync(this, key, alive);

    /// <inheritdoc />
    public override Task FinishAsync(CancellationToken client)
    {
        if (!request.Stream)
        {
            return Answer.SendJsonAsync(Outgoing.Written, client);
        }

        Outgoing.Append(EndMark);
        return Answer.SendContentAsync(Outgoing.Written, client);
    }

    /// <inheritdoc />
    public override bool TryRepair(UpstreamOutcome outcome)
    {
        if (repaired || outcome is not UpstreamOutcome.RequestRefused refused)
        {
            return false;
        }

        var signature = refused.Fault == RequestFault.ThoughtSignature;
        if (!signature && !chats.Learned.Learn(Model, refused))
        {
            return false;
        }

        repaired = true;
        request.Warn(signature
            ? "the upstream refused the conversation's thought signatures: they were replaced"
            : "the model refused an option of the request, which was left out");
        try
        {
            Translate(replaceSignatures: signature);
            return true;
        }
        catch (RequestRefusedException)
        {
            // Leaving it out would change the answer: the upstream's own refusal is what the client gets.
            return false;
        }
    }
}
