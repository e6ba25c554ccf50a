using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ProxyService.Translation.Requests;
using GeminiBalance.ProxyService.Translation.Responses;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>A chat completion on its way: what every attempt of it needs.</summary>
/// <param name="request">What the client asks.</param>
/// <param name="json">The bytes it was read from; they must outlive the call.</param>
/// <param name="model">The upstream model, and what its name asked for.</param>
/// <param name="profile">What the model understands.</param>
/// <param name="envelope">What frames the answer.</param>
/// <param name="record">What is known of the request.</param>
/// <param name="answer">The answer to the client.</param>
internal sealed class ChatCall(ChatRequest request, PooledBuffer json, ModelChoice model, ModelProfile profile, AnswerEnvelope envelope, RequestRecord record, ClientAnswer answer) : IDisposable
{
    private bool repaired;

    /// <summary>What the client asks.</summary>
    public ChatRequest Request => request;

    /// <summary>The checked name of the upstream model.</summary>
    public string Model => model.Name;

    /// <summary>What the model understands.</summary>
    public ModelProfile Profile => profile;

    /// <summary>How the answer must look.</summary>
    public AnswerShape Shape { get; } = new(envelope, request);

    /// <summary>What is known of the request.</summary>
    public RequestRecord Record => record;

    /// <summary>The answer to the client.</summary>
    public ClientAnswer Answer => answer;

    /// <summary>The request in Gemini's form.</summary>
    public PooledBuffer Body { get; private set; } = new();

    /// <summary>What is to be sent to the client next.</summary>
    public PooledBuffer Outgoing { get; } = new();

    /// <summary>The HTTP status of the last attempt; null when none arrived.</summary>
    public int? UpstreamStatus { get; set; }

    /// <summary>Set when an upstream connection may still read <see cref="Body"/>: then its memory is not given back.</summary>
    public bool BodyMayBeRead { get; set; }

    /// <summary>Writes the request in Gemini's form.</summary>
    /// <param name="settings">How requests are translated.</param>
    /// <param name="learned">What models were seen to refuse.</param>
    /// <param name="replaceSignatures">Whether the conversation's signatures were refused.</param>
    /// <exception cref="RequestRefusedException">The model cannot do what is asked.</exception>
    public void Translate(TranslationSettings settings, LearnedParameters learned, bool replaceSignatures = false)
    {
        if (BodyMayBeRead)
        {
            Body.Abandon();
            Body = new PooledBuffer();
            BodyMayBeRead = false;
        }

        Body.Clear();
        GenerateContentWriter.Write(request, json.WrittenSpan, profile, settings.For(model, learned.Of(model.Name)) with { ReplaceSignatures = replaceSignatures }, Body);
    }

    /// <summary>Changes what the model has just refused, once: the same key is then asked again.</summary>
    /// <param name="refused">The refusal.</param>
    /// <param name="settings">How requests are translated.</param>
    /// <param name="learned">Learns from the refusal.</param>
    /// <returns>False when nothing can be changed without changing what the client asked for.</returns>
    public bool TryRepair(UpstreamOutcome.RequestRefused refused, TranslationSettings settings, LearnedParameters learned)
    {
        if (repaired)
        {
            return false;
        }

        var signature = refused.Fault == RequestFault.ThoughtSignature;
        if (!signature && !learned.Learn(Model, refused))
        {
            return false;
        }

        repaired = true;
        request.Warn(signature
            ? "the upstream refused the conversation's thought signatures: they were replaced"
            : "the model refused an option of the request, which was left out");
        try
        {
            Translate(settings, learned, replaceSignatures: signature);
            return true;
        }
        catch (RequestRefusedException)
        {
            // Leaving it out would change the answer: the upstream's own refusal is what the client gets.
            return false;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (BodyMayBeRead)
        {
            Body.Abandon();
        }

        Body.Dispose();
        Outgoing.Dispose();
    }
}
