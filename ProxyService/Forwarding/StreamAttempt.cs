using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Signatures;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ProxyService.Translation.Streaming;
using GeminiBalance.ProxyService.Upstream;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>One attempt to pass a stream through. The client's 200 is held back until the first content, or until the wait grows long.</summary>
/// <param name="upstream">The HTTP call.</param>
/// <param name="pacing">How long to hold back, how often to say that nothing was lost.</param>
/// <param name="signatures">Remembers the signatures of calls.</param>
internal sealed class StreamAttempt(UpstreamCall upstream, StreamPacing pacing, ThoughtSignatures signatures) : IChatAttempt
{
    private const int MostBadEvents = 3;

    /// <summary>However fast the upstream is, the client gets its part when it is this much.</summary>
    private const int MostTogether = 16 * 1024;

    /// <inheritdoc />
    public async Task<UpstreamOutcome> RunAsync(ChatCall call, Secret key, CancellationToken client)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(client);
        var limits = upstream.Limits;
        using var events = new SseReader(limits.MaximumEventBytes);
        using var chat = new StreamTranslator(call.Shape);
        using var pace = pacing.Begin(call.Answer, deadline);
        call.Outgoing.Clear();
        try
        {
            using var response = await pace.WaitAsync(new ValueTask<HttpResponseMessage>(upstream.SendAsync(call, key, deadline)), client).ConfigureAwait(false);
            if (call.UpstreamStatus != StatusCodes.Status200OK)
            {
                return await upstream.RefusalAsync(response, deadline).ConfigureAwait(false);
            }

            var stream = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            var reply = new GenerateContentReply { Pattern = new EventPattern() };
            var progress = default(Progress);
            var reading = stream.ReadAsync(events.GetMemory(), deadline.Token);
            while (true)
            {
                var read = await pace.WaitAsync(reading, client).ConfigureAwait(false);
                events.Advance(read);
                if (read == 0)
                {
                    events.Complete();
                }

                if (Translate(call, chat, events, reply, limits.MaximumKeptBytes, ref progress) is { } failure)
                {
                    // What was good before it is the client's, if it has some already; else another key may still do it all.
                    await (call.Answer.HasContent ? call.Answer.SendContentAsync(call.Outgoing.Written, client) : Task.CompletedTask).ConfigureAwait(false);
                    return failure;
                }

                if (read == 0)
                {
                    return End(call, chat, reply, progress);
                }

                // What is there already goes out together; nothing waits for what is not.
                reading = stream.ReadAsync(events.GetMemory(), deadline.Token);
                if (!reading.IsCompletedSuccessfully || call.Outgoing.Length >= MostTogether)
                {
                    try
                    {
                        await SendAsync(call, chat, pace, client).ConfigureAwait(false);
                    }
                    catch
                    {
                        // What the upstream has said meanwhile was paid for, whether or not the client hears it.
                        events.Advance(await EndAsync(reading, deadline).ConfigureAwait(false));
                        Translate(call, chat, events, reply, limits.MaximumKeptBytes, ref progress);
                        throw;
                    }
                }

                pace.Reads(reading);
            }
        }
        catch (Exception e) when (UpstreamCall.IsCallFailure(e))
        {
            return upstream.OutcomeOf(e, call.KeyId, deadline, client);
        }
        finally
        {
            signatures.Remember(call.Record.AccessKeyId, chat.Signed, call.Profile.Prefix);
            call.Record.Used(chat.Usage is { } usage ? UsageJson.ToFact(usage) : null);
            call.Record.ContentArrived(chat.ContentBytes);
        }
    }

    /// <summary>Translates all events that are complete.</summary>
    /// <returns>What ends the attempt; null when nothing does.</returns>
    private UpstreamOutcome? Translate(ChatCall call, StreamTranslator chat, SseReader events, GenerateContentReply reply, int mostKept, ref Progress progress)
    {
        while (events.TryRead(out var data))
        {
            var readable = GenerateContentReader.TryRead(data.Span, reply);
            if (!readable || reply.IsError || !reply.IsRecognised)
            {
                if (GeminiErrorReader.Read(data) is not null)
                {
                    return upstream.Classify(StatusCodes.Status200OK, null, data);
                }

                progress.BadInARow++;
                if (progress.Good == 0 || progress.BadInARow >= MostBadEvents)
                {
                    return new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable);
                }

                continue;
            }

            progress.BadInARow = 0;
            progress.Good++;
            call.Record.ModelServed = reply.ModelVersion ?? call.Record.ModelServed;
            if (ReplyJudgement.OfPrompt(reply) is { } blocked)
            {
                if (!chat.HasContent)
                {
                    return blocked;
                }

                // The client has a part of the answer already: it ends as one that was filtered, and does not look whole.
                chat.Block();
            }

            chat.Write(reply, data.Span, call.Outgoing);
            if (chat.Kept > mostKept)
            {
                return new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable);
            }
        }

        return null;
    }

    private static UpstreamOutcome End(ChatCall call, StreamTranslator chat, GenerateContentReply reply, Progress progress)
    {
        // An event nobody could read right before an end without a finish reason: the answer was cut, and must not look whole.
        if (progress.Good == 0 || (progress.BadInARow > 0 && !chat.HasEnded))
        {
            return new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable);
        }

        if (chat.Judge() is AnswerVerdict.Empty empty)
        {
            return ReplyJudgement.Of(empty);
        }

        call.Record.FirstToken();
        chat.Finish(reply.ResponseId, call.Outgoing);
        return new UpstreamOutcome.Answered();
    }

    /// <summary>Sends what was translated.</summary>
    private static async ValueTask SendAsync(ChatCall call, StreamTranslator chat, StreamPace pace, CancellationToken client)
    {
        if (pace.IsBuffered || !chat.HasContent || call.Outgoing.Length == 0)
        {
            pace.Hold(call.Outgoing.Length);
            await pace.KeepAliveAsync(client).ConfigureAwait(false);
            return;
        }

        call.Record.FirstToken();
        await pace.SendsAsync(call.Answer.SendContentAsync(call.Outgoing.Written, client)).ConfigureAwait(false);
        call.Outgoing.Clear();
        pace.Sent();
    }

    /// <summary>Ends a read before its room is given back.</summary>
    /// <returns>How much it had brought by then.</returns>
    private static async ValueTask<int> EndAsync(ValueTask<int> reading, CancellationTokenSource deadline)
    {
        var read = reading.AsTask();
        await deadline.CancelAsync().ConfigureAwait(false);
        await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return read.IsCompletedSuccessfully ? await read.ConfigureAwait(false) : 0;
    }

    private struct Progress
    {
        public int Good;
        public int BadInARow;
    }
}
