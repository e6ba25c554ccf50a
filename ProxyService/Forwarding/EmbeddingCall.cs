using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Translation.Requests;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>An embeddings request on its way: as many upstream calls, one after the other, as its texts fill batches; each may take another key.</summary>
/// <param name="upstream">The HTTP call.</param>
/// <param name="request">What the client asks.</param>
/// <param name="source">The bytes it was read from.</param>
/// <param name="model">The checked name of the upstream model.</param>
/// <param name="record">What is known of the request.</param>
/// <param name="answer">The answer to the client.</param>
internal sealed class EmbeddingCall(UpstreamCall upstream, EmbeddingRequest request, ReadOnlyMemory<byte> source, string model, RequestRecord record, ClientAnswer answer) : GatewayCall(model, record, answer)
{
    /// <summary>Characters of a token, where the upstream does not count them.</summary>
    private const int CharactersPerToken = 4;

    private int first;
    private int count;
    private long tokens;
    private bool isEstimated;

    /// <inheritdoc />
    public override string Method => "batchEmbedContents";

    /// <summary>Prepares the first batch.</summary>
    public void Begin()
    {
        EmbeddingListWriter.Begin(Outgoing);
        count = BatchEmbedWriter.Write(request, source.Span, Model, 0, Body);
    }

    /// <inheritdoc />
    public override async Task<UpstreamOutcome> AttemptAsync(Secret key, CancellationToken alive)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(alive);
        try
        {
            using var response = await upstream.SendAsync(this, key, deadline).ConfigureAwait(false);
            if (UpstreamStatus != StatusCodes.Status200OK)
            {
                return await upstream.RefusalAsync(response, deadline).ConfigureAwait(false);
            }

            using var body = new PooledBuffer();
            return await upstream.ReadAsync(response, body, upstream.Limits.MaximumEventBytes, deadline).ConfigureAwait(false)
                ? Translate(body)
                : new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable);
        }
        catch (Exception e) when (UpstreamCall.IsCallFailure(e))
        {
            return upstream.OutcomeOf(e, KeyId, deadline, alive);
        }
    }

    /// <inheritdoc />
    public override bool TryAdvance()
    {
        first += count;
        if (first == request.Inputs.Count)
        {
            return false;
        }

        RenewBody();
        count = BatchEmbedWriter.Write(request, source.Span, Model, first, Body);
        return true;
    }

    /// <inheritdoc />
    public override Task FinishAsync(CancellationToken client)
    {
        if (isEstimated)
        {
            request.Warnings.Add("usage is estimated; the model does not report it");
        }

        EmbeddingListWriter.End(JsonText.Quote(request.Model), tokens, Outgoing);
        return Answer.SendJsonAsync(Outgoing.Written, client);
    }

    private UpstreamOutcome Translate(PooledBuffer body)
    {
        if (EmbeddingReply.Read(body.WrittenSpan) is not { } reply)
        {
            return GeminiErrorReader.Read(body.Written) is null
                ? new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable)
                : upstream.Classify(StatusCodes.Status200OK, null, body.Written);
        }

        if (reply.Vectors.Count != count || !EmbeddingListWriter.TryAdd(request, reply, body.WrittenSpan, first, Outgoing))
        {
            return new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable);
        }

        isEstimated |= reply.Tokens is null;
        var used = reply.Tokens ?? Estimate();
        tokens += used;
        Record.Used(Prompt(used), Prompt(tokens));
        Record.Estimated = isEstimated;
        return new UpstreamOutcome.Answered();
    }

    private static TokenUsage Prompt(long tokens) => new(tokens, 0, 0, 0, 0, tokens);

    private long Estimate()
    {
        long characters = 0;
        for (var i = first; i < first + count; i++)
        {
            characters += Math.Max(CharactersPerToken, request.Inputs[i].Length - 2);
        }

        return characters / CharactersPerToken;
    }
}
