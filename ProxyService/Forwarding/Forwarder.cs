using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Translation.Errors;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Takes a call from key to key until it is answered or cannot be. Knows the order of the steps and nothing else.</summary>
internal sealed partial class Forwarder(
    LivePool pool,
    SecretEncryption encryption,
    IEnumerable<ICallGuard> guards,
    KeyConsequences consequences,
    IUsageReport usage,
    ShutdownDrain drain,
    IOptionsMonitor<ForwardingOptions> options,
    TimeProvider time,
    Random random,
    ILogger<Forwarder> logger)
{
    private static readonly OpenAiError ShuttingDown = new(StatusCodes.Status503ServiceUnavailable, OpenAiErrorTypes.Server, "shutting_down", "The gateway is shutting down.", RetryAfter: TimeSpan.FromSeconds(1));

    private readonly ICallGuard[] guards = [.. guards];

    /// <summary>Forwards a call and answers the client.</summary>
    /// <param name="call">The call.</param>
    /// <param name="client">Ends when the client goes away.</param>
    public async Task ForwardAsync(GatewayCall call, CancellationToken client)
    {
        var entered = 0;
        try
        {
            for (; entered < guards.Length; entered++)
            {
                if (await guards[entered].EnterAsync(call, client).ConfigureAwait(false) is { } refused)
                {
                    await call.Record.CompleteAsync(RequestOutcome.Limited, refused.Status, refused.Code).ConfigureAwait(false);
                    await call.FailAsync(refused, client).ConfigureAwait(false);
                    return;
                }
            }

            await TryKeysAsync(call, client).ConfigureAwait(false);
        }
        finally
        {
            while (entered > 0)
            {
                guards[--entered].Leave(call);
            }
        }
    }

    private async Task TryKeysAsync(GatewayCall call, CancellationToken client)
    {
        using var alive = CancellationTokenSource.CreateLinkedTokenSource(client, drain.Ended);
        var tried = new List<PooledKey>(1);
        OpenAiError? error = null;
        var outcome = default(UpstreamOutcome);
        KeyChosen mended = default;
        var attempts = 0;
        while (true)
        {
            var eligible = pool.EligibleFor(call.Model);
            var chosen = eligible is null ? default : mended.Key is null ? Choose(call, eligible, tried, outcome) : mended;
            mended = default;
            if (chosen.Key is not { } key)
            {
                error ??= NoKey(eligible);
                break;
            }

            if (Reveal(key) is not { } secret)
            {
                tried.Add(key);
                continue;
            }

            call.Record.Choice = ChoiceStory.Of(pool.Strategy, eligible!, chosen);
            outcome = await AttemptAsync(call, key, secret, alive.Token).ConfigureAwait(false);
            attempts++;
            if (outcome is UpstreamOutcome.Answered && call.TryAdvance())
            {
                (attempts, error, outcome) = (0, null, null);
                tried.Clear();
                continue;
            }

            if (outcome is UpstreamOutcome.Answered)
            {
                // The fact comes before the last byte: what a client has got in full is never uncounted.
                await call.Record.CompleteAsync(RequestOutcome.Succeeded, StatusCodes.Status200OK).ConfigureAwait(false);
                await call.FinishAsync(client).ConfigureAwait(false);
                return;
            }

            consequences.Apply(key, call.Model, outcome, call.UpstreamStatus);
            error = ErrorTranslation.Translate(outcome, secret.Reveal());
            if (alive.IsCancellationRequested || call.Answer.HasContent)
            {
                break;
            }

            if (call.TryRepair(outcome))
            {
                mended = chosen;
                continue;
            }

            tried.Add(key);
            if (!RetryPlan.MayRetry(outcome, attempts, options.CurrentValue.MaximumAttempts))
            {
                break;
            }

            await Task.Delay(RetryPlan.Wait(outcome, random.NextDouble()), time, alive.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await FailAsync(call, outcome, error, client).ConfigureAwait(false);
    }

    private async Task<UpstreamOutcome> AttemptAsync(GatewayCall call, PooledKey key, Secret secret, CancellationToken alive)
    {
        var started = await call.Record.BeginAttemptAsync(key.Id, call.Body.Length).ConfigureAwait(false);
        using var span = UpstreamCall.BeginSpan(call);
        var model = call.Model;
        var load = pool.Begin(key, model);
        var before = call.Record.Tokens;
        UpstreamOutcome outcome = new UpstreamOutcome.Cancelled();
        try
        {
            outcome = await call.AttemptAsync(secret, alive).ConfigureAwait(false);
        }
        finally
        {
            var latency = call.Record.FirstByteMs ?? time.GetElapsedTime(started).TotalMilliseconds;
            load.End(WhatItSaysOfTheKey(outcome), latency, time.GetTimestamp());
            TellUsage(call, key, model, outcome is UpstreamOutcome.Answered, before, latency);
        }

        span?.SetTag("http.response.status_code", call.UpstreamStatus);
        span?.SetTag("gemini_balance.outcome", outcome.Class.ToString());
        call.Record.Attempted(key.Id, outcome.Class, call.UpstreamStatus, started);
        return outcome;
    }

    /// <summary>A client's mistake, or a client that left, says nothing; nor does a quota, which has its own account.</summary>
    private static bool? WhatItSaysOfTheKey(UpstreamOutcome outcome) => outcome switch
    {
        UpstreamOutcome.Answered => true,
        UpstreamOutcome.KeyRefused or UpstreamOutcome.UpstreamFailed => false,
        _ => null,
    };

    /// <summary>Adds the call to the use of its key and its pool. The tokens of an answer that did not say them are estimated.</summary>
    private void TellUsage(GatewayCall call, PooledKey key, string model, bool answered, TokenUsage? before, double latency)
    {
        var (input, output) = (0L, 0L);
        if (call.Record.Tokens is { } after && !ReferenceEquals(after, before))
        {
            input = after.Prompt + after.ToolUsePrompt - (before is null ? 0 : before.Prompt + before.ToolUsePrompt);
            output = after.Completion + after.Thoughts - (before is null ? 0 : before.Completion + before.Thoughts);
        }
        else if (answered)
        {
            input = UsageEstimate.Of(call.Body.Length, 0).Prompt;
        }

        key.QuotaPool.UseOf(model).Paid(input);
        usage.Used(key.Id, model, answered, input, output, latency);
    }

    private KeyChosen Choose(GatewayCall call, EligibleKeys eligible, List<PooledKey> tried, UpstreamOutcome? last) =>
        pool.Choose(call.Model, eligible, tried) is { Key: not null } chosen ? chosen : last is not null && RetryPlan.SameKeyWillDo(last) ? pool.Choose(call.Model, eligible, []) : default;

    /// <summary>A key that cannot be decrypted is no key: it is left out, loudly.</summary>
    private Secret? Reveal(PooledKey key)
    {
        try
        {
            return key.Reveal(encryption);
        }
        catch (SecretUnreadableException e)
        {
            LogUnreadable(key.Id, e.Message);
            pool.Exclude(key, KeyStatus.Invalid, null, TimeSpan.FromMinutes(10));
            return null;
        }
    }

    private async Task FailAsync(GatewayCall call, UpstreamOutcome? outcome, OpenAiError error, CancellationToken client)
    {
        if (client.IsCancellationRequested)
        {
            await call.Record.CompleteAsync(RequestOutcome.Aborted, StatusCodes.Status499ClientClosedRequest).ConfigureAwait(false);
            return;
        }

        if (outcome is UpstreamOutcome.Cancelled)
        {
            error = ShuttingDown;
        }

        await call.Record.CompleteAsync(OutcomeOf(outcome, error), call.Answer.HasBegun ? call.Answer.Status : error.Status, error.Code).ConfigureAwait(false);
        await call.FailAsync(error, client).ConfigureAwait(false);
    }

    private OpenAiError NoKey(EligibleKeys? eligible)
    {
        if (eligible is null)
        {
            return OpenAiError.NotReady;
        }

        if (eligible.QuotaReturnsAt is { } returns)
        {
            return OpenAiError.QuotaExhausted(returns - time.GetUtcNow());
        }

        return eligible.NotOffered > 0 ? OpenAiError.ModelNotFound("This model is not available to the configured keys.") : OpenAiError.NoAvailableKeys;
    }

    private static RequestOutcome OutcomeOf(UpstreamOutcome? outcome, OpenAiError error) => outcome switch
    {
        null when error.Status < StatusCodes.Status429TooManyRequests => RequestOutcome.ClientError,
        null or UpstreamOutcome.KeyRefused or UpstreamOutcome.QuotaExhausted => RequestOutcome.NoKey,
        UpstreamOutcome.RequestRefused or UpstreamOutcome.ModelNotFound => RequestOutcome.ClientError,
        UpstreamOutcome.UpstreamFailed { Blame: Blame.Gateway } => RequestOutcome.InternalError,
        UpstreamOutcome.Cancelled => RequestOutcome.InternalError,
        _ => RequestOutcome.UpstreamError,
    };

    [LoggerMessage(LogLevel.Error, "Key {KeyId} cannot be used: {Reason}")]
    private partial void LogUnreadable(Guid keyId, string reason);
}
