using System.Security.Cryptography;
using System.Text;
using GeminiBalance.ProxyService.Authentication;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.KeyPool;
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
    : GatewayCall(model.Name, record, answer, json.Length + AddedBytes, request.Stream ? ChunkBytes : UsualBytes)
{
    /// <summary>What Gemini's form of a small request has more.</summary>
    private const int AddedBytes = 512;
    private const int ChunkBytes = 1024;

    private static readonly byte[] EndMark = "data: [DONE]\n\n"u8.ToArray();

    /// <summary>How often a request is mended: a model may refuse one option after the other.</summary>
    private const int MostRepairs = 3;

    private int repairs;
    private bool signaturesReplaced;

    /// <summary>What was left out of this request because it was refused, and what of that the model refuses of everybody.</summary>
    private (LearnedLimits Here, LearnedLimits Everywhere) leftOut;

    private CallTies? ties;

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
        var options = chats.Settings.For(model with { Name = Model }, chats.Learned.Of(Model) | leftOut.Here);
        GenerateContentWriter.Write(request, json.WrittenSpan, Profile, replaceSignatures ? options with { ReplaceSignatures = true } : options, Body);
    }

    /// <inheritdoc />
    public override Task<UpstreamOutcome> AttemptAsync(Secret key, CancellationToken alive) => chats.AttemptFor(request).RunAsync(this, key, alive);

    /// <inheritdoc />
    public override Task FinishAsync(CancellationToken client)
    {
        if (leftOut.Everywhere != LearnedLimits.None)
        {
            chats.Learned.Remember(Model, leftOut.Everywhere);
        }

        if (!request.Stream)
        {
            return Answer.SendJsonAsync(Outgoing.Written, client);
        }

        Outgoing.Append(EndMark);
        Answer.SendLast(Outgoing.WrittenSpan);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override int MostAnswerTokens => Profile.MostAnswerTokens(request.MaxTokens, request.Choices);

    /// <inheritdoc />
    public override CallTies Ties => ties ??= TiesOf();

    /// <inheritdoc />
    public override bool TryTurnTo(string other)
    {
        if (Holder?.MayUse(other) == false)
        {
            return false;
        }

        var (asked, before) = (Model, Profile);
        (Model, Profile) = (other, chats.Settings.ProfileOf(other));
        (repairs, signaturesReplaced, leftOut) = (0, false, default);
        try
        {
            Translate();
        }
        catch (RequestRefusedException)
        {
            (Model, Profile) = (asked, before);
            return false;
        }

        request.Warn($"the model {asked} could not answer: {other} was used");
        return true;
    }

    /// <inheritdoc />
    public override bool TryRepair(UpstreamOutcome outcome)
    {
        if (repairs >= MostRepairs || outcome is not UpstreamOutcome.RequestRefused refused)
        {
            return false;
        }

        var signature = refused.Fault == RequestFault.ThoughtSignature;
        var limit = signature ? LearnedLimits.None : LearnedParameters.LimitOf(RefusedFeatureReading.Of(refused));
        if (signature ? signaturesReplaced : limit == LearnedLimits.None)
        {
            return false;
        }

        repairs++;
        signaturesReplaced |= signature;
        leftOut.Here |= limit;
        if (!TryTranslateAnew())
        {
            return false;
        }

        leftOut.Everywhere |= RefusedFeatureReading.IsOfTheModel(refused) ? limit : LearnedLimits.None;
        request.Warn(signature
            ? "the upstream refused the conversation's thought signatures: they were replaced"
            : "the model refused an option of the request, which was left out");
        return true;
    }

    /// <summary>Writes the request with what was decided since.</summary>
    /// <returns>False when that changes nothing: then it was refused for something else.</returns>
    private bool TryTranslateAnew()
    {
        var before = SHA256.HashData(Body.WrittenSpan);
        try
        {
            Translate(signaturesReplaced);
        }
        catch (RequestRefusedException)
        {
            // Leaving it out would change the answer: the upstream's own refusal is what the client gets.
            return false;
        }

        return !SHA256.HashData(Body.WrittenSpan).AsSpan().SequenceEqual(before);
    }

    private CallTies TiesOf()
    {
        AffinityKey? resource = request.Google.CachedContent is { } cache ? AffinityKey.Of(null, 'c', Encoding.UTF8.GetBytes(cache)) : null;
        var (opening, continues) = (-1, false);
        foreach (var message in request.Messages)
        {
            opening = opening < 0 && message is { Role: ChatRole.User, PartCount: > 0 } ? message.FirstPart : opening;
            continues |= message.Role == ChatRole.Assistant;
        }

        foreach (var part in request.Parts)
        {
            if (resource is null && part.Media is { FetchedUpstream: true, Address: { } address } && address.AbsolutePath.Contains("/files/", StringComparison.Ordinal))
            {
                resource = AffinityKey.Of(null, 'f', Encoding.UTF8.GetBytes(address.AbsolutePath[address.AbsolutePath.LastIndexOf("/files/", StringComparison.Ordinal)..]));
            }
        }

        // What the client calls its cache; else how the conversation began, which stays the same while it goes on.
        AffinityKey? conversation = request.AffinityHint is { } hint ? AffinityKey.Of(Record.AccessKeyId, 'h', Encoding.UTF8.GetBytes(hint))
            : opening >= 0 && !request.Parts[opening].Text.IsNone ? AffinityKey.Of(Record.AccessKeyId, 't', request.Parts[opening].Text.In(json.WrittenSpan))
            : null;
        return new CallTies(resource, conversation, continues || request.AffinityHint is not null);
    }
}
