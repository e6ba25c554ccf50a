using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Signatures;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>One attempt to get a whole answer.</summary>
/// <param name="upstream">The HTTP call.</param>
/// <param name="signatures">Remembers the signatures of calls.</param>
internal sealed class UnaryAttempt(UpstreamCall upstream, ThoughtSignatures signatures) : IChatAttempt
{
    /// <inheritdoc />
    public async Task<UpstreamOutcome> RunAsync(ChatCall call, Secret key, CancellationToken client)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(client);
        try
        {
            using var response = await upstream.SendAsync(call, key, deadline).ConfigureAwait(false);
            if (call.UpstreamStatus != StatusCodes.Status200OK)
            {
                return await upstream.RefusalAsync(response, deadline).ConfigureAwait(false);
            }

            using var body = upstream.BufferFor(response);
            return await upstream.ReadAsync(response, body, upstream.Limits.MaximumEventBytes, deadline).ConfigureAwait(false)
                ? Translate(call, body)
                : new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable);
        }
        catch (Exception e) when (UpstreamCall.IsCallFailure(e))
        {
            return upstream.OutcomeOf(e, call.KeyId, deadline, client);
        }
    }

    private UpstreamOutcome Translate(ChatCall call, PooledBuffer body)
    {
        var reply = new GenerateContentReply();
        var readable = GenerateContentReader.TryRead(body.WrittenSpan, reply);
        if (!readable || reply.IsError || !reply.IsRecognised)
        {
            return GeminiErrorReader.Read(body.Written) is null
                ? new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable)
                : upstream.Classify(StatusCodes.Status200OK, null, body.Written);
        }

        call.Record.ModelServed = reply.ModelVersion ?? call.Record.ModelServed;
        call.Record.Used(reply.Usage is { } usage ? UsageJson.ToFact(usage) : null);
        if (ReplyJudgement.OfPrompt(reply) is { } blocked)
        {
            return blocked;
        }

        if (ChatCompletionWriter.Judge(reply) is AnswerVerdict.Empty empty)
        {
            return ReplyJudgement.Of(empty);
        }

        if (reply.HasUnknownParts)
        {
            call.Request.Warn("the answer held parts of an unknown kind; they were left out");
        }

        call.Outgoing.Clear();
        var signed = new List<SignedCall>();
        ChatCompletionWriter.Write(reply, body.WrittenSpan, call.Shape, call.Outgoing, signed);
        signatures.Remember(call.Record.AccessKeyId, signed, call.Profile.Prefix);
        return new UpstreamOutcome.Answered();
    }
}
