using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>One call over one key, with everything that is noted of it: its span, the key's load, the quota's use, the ties of the request, the upstream's health.</summary>
/// <param name="pool">The pool.</param>
/// <param name="affinities">Which quota pool answered what.</param>
/// <param name="usage">Where use is told.</param>
/// <param name="breaker">The upstream's health.</param>
/// <param name="time">The clock.</param>
internal sealed class KeyAttempt(LivePool pool, Affinities affinities, IUsageReport usage, UpstreamBreaker breaker, TimeProvider time)
{
    private static readonly UpstreamOutcome Unfinished = new UpstreamOutcome.Cancelled();

    /// <summary>Makes the call.</summary>
    /// <param name="call">What is asked.</param>
    /// <param name="key">The key.</param>
    /// <param name="secret">Its secret.</param>
    /// <param name="alive">Ends when the client goes away or the process has drained long enough.</param>
    public async Task<UpstreamOutcome> RunAsync(GatewayCall call, PooledKey key, Secret secret, CancellationToken alive)
    {
        call.KeyId = key.Id;
        var started = await call.Record.BeginAttemptAsync(key.Id, call.Body.Length, call.MostAnswerTokens).ConfigureAwait(false);
        using var span = UpstreamCall.BeginSpan(call);
        var model = call.Model;
        var load = pool.Begin(key, model);
        var outcome = Unfinished;
        try
        {
            outcome = InViewOfTools(call, await call.AttemptAsync(secret, alive).ConfigureAwait(false));
        }
        finally
        {
            var latency = call.Record.FirstByteMs ?? time.GetElapsedTime(started).TotalMilliseconds;
            load.End(WhatItSaysOfTheKey(outcome), latency, time.GetTimestamp());
            breaker.Note(model, outcome);
            TellUsage(call, key, model, outcome is UpstreamOutcome.Answered, latency);
        }

        if (outcome is UpstreamOutcome.Answered)
        {
            Tie(call.Ties, key.QuotaPool);
        }

        span?.SetTag("http.response.status_code", call.UpstreamStatus);
        span?.SetTag("gemini_balance.outcome", outcome.Class.ToString());
        call.Record.Attempted(key.Id, outcome.Class, call.UpstreamStatus, started, outcome.Reason);
        return outcome;
    }

    /// <summary>The quota pool a call should go to: where its files are, else where its conversation was.</summary>
    /// <param name="call">The call.</param>
    /// <param name="tried">Keys that have failed it: their pools are not wished for again.</param>
    public Affinity WishOf(GatewayCall call, List<PooledKey> tried)
    {
        var ties = call.Ties;
        if (ties.Resource is { } resource && affinities.Find(resource) is { } owner)
        {
            return tried.Exists(key => ReferenceEquals(key.QuotaPool, owner)) ? default : new Affinity(owner, AnyRank: true);
        }

        return tried.Count == 0 && ties is { Conversation: { } conversation, Continues: true } && affinities.Find(conversation) is { } seen ? new Affinity(seen, AnyRank: false) : default;
    }

    private void Tie(in CallTies ties, QuotaPool answered)
    {
        if (ties.Resource is { } resource)
        {
            affinities.Remember(resource, answered);
        }

        if (ties.Conversation is { } conversation)
        {
            affinities.Remember(conversation, answered);
        }
    }

    /// <summary>
    /// A 429 that names no quota, to a request with Google's own tools, is taken for one of theirs: a key that may not search may well answer. Were it the model's, the
    /// next request without tools would find that out.
    /// </summary>
    private static UpstreamOutcome InViewOfTools(GatewayCall call, UpstreamOutcome outcome) =>
        outcome is UpstreamOutcome.QuotaExhausted { Class: UpstreamOutcomeClass.QuotaUnspecified, IsSpend: false } bare && BuiltInToolUse.IsIn(call.Body.WrittenSpan)
            ? bare with { IsOfTools = true }
            : outcome;

    /// <summary>A client's mistake, or a client that left, says nothing; nor does a quota, which has its own account.</summary>
    private static bool? WhatItSaysOfTheKey(UpstreamOutcome outcome) => outcome switch
    {
        UpstreamOutcome.Answered => true,
        UpstreamOutcome.KeyRefused or UpstreamOutcome.UpstreamFailed => false,
        _ => null,
    };

    /// <summary>Adds the call to the use of its key and its pool. The tokens of an answer that did not say them are estimated.</summary>
    private void TellUsage(GatewayCall call, PooledKey key, string model, bool answered, double latency)
    {
        var (input, output) = (0L, 0L);
        if (call.Record.CallTokens is { } used)
        {
            (input, output) = (used.Prompt + used.ToolUsePrompt, used.Completion + used.Thoughts);
        }
        else if (answered)
        {
            input = UsageEstimate.Of(call.Body.Length, 0).Prompt;
        }

        key.QuotaPool.UseOf(model).Paid(input);
        usage.Used(key.Id, model, answered, input, output, latency);
    }
}

/// <summary>What ties a call to a quota pool.</summary>
/// <param name="Resource">A file or cache that lies in one project only.</param>
/// <param name="Conversation">The conversation: its beginning is cached where it was asked before.</param>
/// <param name="Continues">Whether the conversation was going on before.</param>
internal readonly record struct CallTies(AffinityKey? Resource = null, AffinityKey? Conversation = null, bool Continues = false);
