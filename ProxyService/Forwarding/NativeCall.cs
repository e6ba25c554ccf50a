using GeminiBalance.ProxyService.Authentication;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Translation.Errors;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ProxyService.Upstream;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>A request in Gemini's own form on its way: body and answer pass byte for byte, and the answer is read along for what was used.</summary>
/// <param name="upstream">The HTTP call.</param>
/// <param name="pacing">Whether streams are held back until they are whole.</param>
/// <param name="method">The method.</param>
/// <param name="query">What of the client's query goes upstream: empty, or with its question mark.</param>
/// <param name="asEvents">Whether a stream shall be server-sent events, not a JSON array.</param>
/// <param name="warnings">What was left out or changed, told in the answer's head.</param>
/// <param name="model">The checked name of the upstream model.</param>
/// <param name="record">What is known of the request.</param>
/// <param name="answer">The answer to the client.</param>
internal sealed class NativeCall(UpstreamCall upstream, StreamPacing pacing, NativeMethod method, string query, bool asEvents, List<string> warnings, string model, RequestRecord record, ClientAnswer answer) : GatewayCall(model, record, answer)
{
    private static readonly ReadOnlyMemory<byte> BlankLine = "\n"u8.ToArray();

    private string? refusedField;
    private bool isEventOpen;
    private CallTies? ties;

    /// <inheritdoc />
    public override int MostAnswerTokens => Bound;

    /// <summary>The most tokens its answer can hold; 0 when the method writes none.</summary>
    public int Bound { get; set; }

    /// <inheritdoc />
    public override CallTies Ties => ties ??= new CallTies(NativeResources.Find(Body.WrittenSpan) is { IsEmpty: false } resource ? AffinityKey.Of(null, 'n', resource) : null);

    /// <inheritdoc />
    public override bool TryTurnTo(string other)
    {
        if (!method.Generates || Holder?.MayUse(other) == false)
        {
            return false;
        }

        warnings.Add($"the model {Model} could not answer: {other} was used");
        Model = other;
        return true;
    }

    /// <inheritdoc />
    public override string Method { get; } = method.Name + query;

    /// <inheritdoc />
    public override async Task<UpstreamOutcome> AttemptAsync(Secret key, CancellationToken alive)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(alive);
        Outgoing.Clear();
        UpstreamOutcome outcome;
        try
        {
            using var pace = method.Streams ? pacing.Begin(Answer, deadline) : null;
            var sending = new ValueTask<HttpResponseMessage>(upstream.SendAsync(this, key, deadline));
            using var response = await (pace is { IsBuffered: true } ? pace.WaitAsync(sending, alive) : sending).ConfigureAwait(false);
            outcome = UpstreamStatus != StatusCodes.Status200OK ? await upstream.RefusalAsync(response, deadline).ConfigureAwait(false)
                : pace is not null ? await PassStreamAsync(response, pace, deadline, alive).ConfigureAwait(false)
                : await PassWholeAsync(response, deadline).ConfigureAwait(false);
        }
        catch (Exception e) when (UpstreamCall.IsCallFailure(e))
        {
            outcome = upstream.OutcomeOf(e, KeyId, deadline, alive);
        }

        refusedField = (outcome as UpstreamOutcome.RequestRefused)?.Field;
        return outcome;
    }

    /// <inheritdoc />
    public override Task FinishAsync(CancellationToken client) => method.Streams ? Answer.SendContentAsync(Outgoing.Written, client) : Answer.SendJsonAsync(Outgoing.Written, client);

    /// <inheritdoc />
    public override Task FailAsync(OpenAiError error, CancellationToken client)
    {
        // The client wrote Gemini's fields, so those are what it is told of.
        error = error.Param is null ? error : error with { Param = refusedField };
        if (!Answer.HasBegun || asEvents)
        {
            return FailAsEventAsync(error, client);
        }

        // Blanks may have kept the connection open before the array's first bracket.
        Outgoing.Clear();
        Outgoing.Append(Answer.HasContent ? ",\r\n"u8 : "["u8);
        GeminiErrorBody.Write(error, Outgoing);
        Outgoing.Append("]"u8);
        return Answer.SendContentAsync(Outgoing.Written, client);
    }

    private async Task FailAsEventAsync(OpenAiError error, CancellationToken client)
    {
        if (isEventOpen && Answer.HasContent)
        {
            await Answer.SendContentAsync(BlankLine, client).ConfigureAwait(false);
        }

        await Answer.FailAsync(error, client).ConfigureAwait(false);
    }

    private async Task<UpstreamOutcome> PassWholeAsync(HttpResponseMessage response, CancellationTokenSource deadline)
    {
        if (!await upstream.ReadAsync(response, Outgoing, upstream.Limits.MaximumEventBytes, deadline).ConfigureAwait(false))
        {
            return new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable);
        }

        return Judge(Outgoing.Written, out _);
    }

    /// <summary>Passes a stream on, event by event: none goes out before it was judged, so that no key of ours goes out with an error.</summary>
    private async Task<UpstreamOutcome> PassStreamAsync(HttpResponseMessage response, StreamPace pace, CancellationTokenSource deadline, CancellationToken client)
    {
        using IEventReader events = asEvents ? new SseReader(upstream.Limits.MaximumEventBytes) : new JsonArrayReader(upstream.Limits.MaximumEventBytes);
        var stream = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
        long passed = 0;
        var endOfLast = 0;
        var any = false;
        while (true)
        {
            var room = events.GetMemory();
            var reading = stream.ReadAsync(room, deadline.Token);
            pace.Reads(reading);
            var read = await (pace.IsBuffered ? pace.WaitAsync(reading, client) : reading).ConfigureAwait(false);
            Outgoing.Append(room.Span[..read]);
            events.Advance(read);
            if (read == 0)
            {
                events.Complete();
            }

            var judged = 0;
            while (events.TryRead(out var data))
            {
                var outcome = Judge(data, out var isLast);
                if (outcome is not UpstreamOutcome.Answered)
                {
                    // While nothing has gone out another key may still do it all; after that, the client gets what was good.
                    await (Answer.HasContent ? Answer.SendContentAsync(Outgoing.Written[..endOfLast], client) : Task.CompletedTask).ConfigureAwait(false);
                    return outcome;
                }

                // The last event stays until the fact of the request is written; of an array its closing bracket does.
                var end = EndOf(events.Consumed - passed);
                judged = isLast && asEvents ? endOfLast : end;
                endOfLast = end;
                any = true;
                isEventOpen = asEvents && !EndsWithBlankLine(Outgoing.WrittenSpan[..end]);
            }

            // Comments and blanks are passed on with the event they stand before: without one they would only pile up.
            if (events.Consumed - passed - endOfLast > upstream.Limits.MaximumEventBytes)
            {
                throw new EventTooLargeException();
            }

            if (read == 0)
            {
                Record.FirstToken();
                return any ? new UpstreamOutcome.Answered() : new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable);
            }

            if (pace.IsBuffered)
            {
                pace.Hold(Outgoing.Length);
                await pace.KeepAliveAsync(client).ConfigureAwait(false);
            }
            else if (judged > 0)
            {
                Record.FirstToken();
                await pace.SendsAsync(Answer.SendContentAsync(Outgoing.Written[..judged], client)).ConfigureAwait(false);
                Outgoing.RemoveFront(judged);
                passed += judged;
                endOfLast -= judged;
            }
        }
    }

    /// <summary>An event may end between the two characters of its last line end.</summary>
    private int EndOf(long length)
    {
        var bytes = Outgoing.WrittenSpan;
        var end = (int)length;
        return end > 0 && end < bytes.Length && bytes[end - 1] == '\r' && bytes[end] == '\n' ? end + 1 : end;
    }

    /// <summary>Whether an event is closed: one that is not would swallow the error told behind it.</summary>
    private static bool EndsWithBlankLine(ReadOnlySpan<byte> bytes) => bytes.EndsWith("\n\n"u8) || bytes.EndsWith("\n\r\n"u8) || bytes.EndsWith("\r\r"u8);

    private UpstreamOutcome Judge(ReadOnlyMemory<byte> json, out bool isLast)
    {
        isLast = false;
        if (NativeReply.Read(json.Span) is not { } reply)
        {
            return GeminiErrorReader.Read(json) is null ? new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable) : upstream.Classify(StatusCodes.Status200OK, null, json);
        }

        if (reply.IsError)
        {
            return upstream.Classify(StatusCodes.Status200OK, null, json);
        }

        isLast = reply.IsLast;
        Record.ContentArrived(reply.ContentBytes);
        Record.ModelServed = reply.ModelVersion ?? Record.ModelServed;
        Record.Tokens = reply.Usage is { } usage ? UsageJson.ToFact(usage) : Record.Tokens;
        return new UpstreamOutcome.Answered();
    }
}
