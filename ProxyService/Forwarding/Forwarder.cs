using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Errors;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Takes a call from key to key until it is answered or cannot be. Knows the order of the steps and nothing else.</summary>
internal sealed partial class Forwarder(
    LivePool pool,
    SecretEncryption encryption,
    IEnumerable<ICallGuard> guards,
    KeyAttempt attempt,
    KeyConsequences consequences,
    UpstreamBreaker breaker,
    RetryBudget budget,
    FallbackModels fallbacks,
    ShutdownDrain drain,
    IOptionsMonitor<ForwardingOptions> options,
    TimeProvider time,
    Random random,
    ILogger<Forwarder> logger)
{
    private static readonly OpenAiError ShuttingDown = new(StatusCodes.Status503ServiceUnavailable, OpenAiErrorTypes.Server, "shutting_down", "The gateway is shutting down.", RetryAfter: TimeSpan.FromSeconds(1));

    private readonly ICallGuard[] guards = [.. guards];

    /// <summary>Forwards a call and answers the client: over the model asked for, then over those that may answer in its place.</summary>
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
                    await call.Record.CompleteAsync(refused.Status == StatusCodes.Status404NotFound ? RequestOutcome.ClientError : RequestOutcome.Limited, refused.Status, refused.Code).ConfigureAwait(false);
                    await call.FailAsync(refused, client).ConfigureAwait(false);
                    return;
                }
            }

            if (call.Preparation is { } prepare && await prepare(client).ConfigureAwait(false) is { } unfit)
            {
                await call.Record.CompleteAsync(RequestOutcome.ClientError, unfit.Status, unfit.Code).ConfigureAwait(false);
                await call.FailAsync(unfit, client).ConfigureAwait(false);
                return;
            }

            budget.Began();
            call.BeginsWithin(TimeSpan.FromSeconds(options.CurrentValue.DeadlineSeconds), time);
            using var alive = CancellationTokenSource.CreateLinkedTokenSource(client, drain.Ended);
            var others = fallbacks.Of(call);
            while (true)
            {
                var (outcome, error) = await TryKeysAsync(call, alive.Token, client).ConfigureAwait(false);
                if (outcome is UpstreamOutcome.Answered)
                {
                    return;
                }

                var mayFallBack = !alive.IsCancellationRequested && !call.Answer.HasContent && RetryPlan.MayFallBack(outcome) && call.TimeLeft(time) > RetryPlan.LeastTime;
                if (!mayFallBack || !others.TryNext(call))
                {
                    await FailAsync(call, outcome, error, client).ConfigureAwait(false);
                    return;
                }
            }
        }
        finally
        {
            while (entered > 0)
            {
                guards[--entered].Leave(call);
            }
        }
    }

    /// <summary>Asks over one key after the other for one model.</summary>
    /// <returns>How it ended: answered, or the last failure (null when no key could serve) and what to tell the client.</returns>
    private async Task<(UpstreamOutcome? Outcome, OpenAiError Error)> TryKeysAsync(GatewayCall call, CancellationToken alive, CancellationToken client)
    {
        var tried = new List<PooledKey>(1);
        UpstreamOutcome? outcome = null;
        OpenAiError? error = null;
        KeyChosen mended = default;
        var attempts = 0;
        while (true)
        {
            if (breaker.Blocks(call.Model) is { } rest)
            {
                return (outcome ?? new UpstreamOutcome.UpstreamFailed(UpstreamFault.Overloaded), error ?? OpenAiError.UpstreamRests(call.Model, rest));
            }

            var eligible = pool.EligibleFor(call.Model);
            var chosen = eligible is null ? default : mended.Key is null ? Choose(call, eligible, tried, outcome) : mended;
            mended = default;
            if (chosen.Key is not { } key)
            {
                return (outcome, DryOr(call.Model, eligible, error));
            }

            if (Reveal(key) is not { } secret)
            {
                tried.Add(key);
                continue;
            }

            call.Record.Choice = ChoiceStory.Of(pool.Strategy, eligible!, chosen);
            outcome = await attempt.RunAsync(call, key, secret, alive).ConfigureAwait(false);
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
                return (outcome, OpenAiError.Internal);
            }

            consequences.Apply(key, call.Model, outcome, call.UpstreamStatus);
            error = ErrorTranslation.Translate(outcome, secret.Reveal());
            if (alive.IsCancellationRequested || call.Answer.HasContent)
            {
                return (outcome, error);
            }

            if (call.TryRepair(outcome))
            {
                mended = chosen;
                continue;
            }

            tried.Add(key);
            if (Decide(call, outcome, attempts) is not RetryDecision.Again again)
            {
                return (outcome, outcome.Blame is Blame.QuotaPool ? DryOr(call.Model, pool.EligibleFor(call.Model), error) : error);
            }

            await Task.Delay(again.Wait, time, alive).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private RetryDecision Decide(GatewayCall call, UpstreamOutcome outcome, int attempts)
    {
        var situation = new RetrySituation(outcome, attempts, options.CurrentValue.MaximumAttempts, call.TimeLeft(time), call.Answer.HasContent, WithinBudget: true, call.Ties.Resource is not null);
        var decision = RetryPlan.Decide(situation, random.NextDouble());
        if (decision is not RetryDecision.Again || !RetryPlan.CostsBudget(outcome) || budget.TryTake())
        {
            return decision;
        }

        call.Answer.IsRetryUseless = true;
        return RetryPlan.Decide(situation with { WithinBudget = false }, 0);
    }

    private KeyChosen Choose(GatewayCall call, EligibleKeys eligible, List<PooledKey> tried, UpstreamOutcome? last) =>
        pool.Choose(call.Model, eligible, tried, attempt.WishOf(call, tried)) is { Key: not null } chosen ? chosen
        : last is not null && RetryPlan.Decide(new RetrySituation(last, 1, 2, TimeSpan.MaxValue, false, true), 0) is RetryDecision.Again { SameKeyWillDo: true } ? pool.Choose(call.Model, eligible, [])
        : default;

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

    /// <summary>What is dry, when nothing is left; else what the last call said, with a moment's wait for those who may ask another key then.</summary>
    private OpenAiError DryOr(string model, EligibleKeys? eligible, OpenAiError? error) =>
        eligible is null ? error ?? OpenAiError.NotReady
        : eligible.Ranks.Count > 0 && error is not null ? error.Status == StatusCodes.Status429TooManyRequests ? error with { RetryAfter = TimeSpan.FromSeconds(1) } : error
        : error is { Code: not ("rate_limit_exceeded" or "no_available_keys") and not "insufficient_quota" } ? error
        : DryPools.Explain(model, eligible, time.GetUtcNow());

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
