using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ProxyService.Translation.Errors;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Takes a chat completion from key to key until it is answered or cannot be. Knows the order of the steps and nothing else.</summary>
internal sealed partial class ChatForwarder(
    LivePool pool,
    SecretEncryption encryption,
    UnaryAttempt unary,
    StreamAttempt stream,
    KeyConsequences consequences,
    TranslationSettings settings,
    LearnedParameters learned,
    ShutdownDrain drain,
    IOptions<ForwardingOptions> options,
    TimeProvider time,
    Random random,
    ILogger<ChatForwarder> logger)
{
    private static readonly byte[] EndMark = "data: [DONE]\n\n"u8.ToArray();
    private static readonly OpenAiError ShuttingDown = new(StatusCodes.Status503ServiceUnavailable, OpenAiErrorTypes.Server, "shutting_down", "The gateway is shutting down.", RetryAfter: TimeSpan.FromSeconds(1));

    /// <summary>Forwards a call and answers the client.</summary>
    /// <param name="call">The call.</param>
    /// <param name="client">Ends when the client goes away.</param>
    public async Task ForwardAsync(ChatCall call, CancellationToken client)
    {
        using var alive = CancellationTokenSource.CreateLinkedTokenSource(client, drain.Ended);
        var tried = new List<PooledKey>(1);
        PooledKey? again = null;
        OpenAiError? error = null;
        var outcome = default(UpstreamOutcome);
        while (true)
        {
            var eligible = pool.EligibleFor(call.Model);
            var key = again ?? (eligible is null ? null : Choose(call, eligible, tried, outcome));
            again = null;
            if (key is null)
            {
                error ??= NoKey(eligible);
                break;
            }

            if (Reveal(key) is not { } secret)
            {
                tried.Add(key);
                continue;
            }

            call.Record.Choice = new KeyChoice(pool.Strategy, eligible!.Keys.Length, eligible.Excluded);
            var started = call.Record.BeginAttempt();
            using (var span = UpstreamCall.BeginSpan(call.Model, call.Request.Stream))
            {
                outcome = await (call.Request.Stream ? stream.RunAsync(call, secret, alive.Token) : unary.RunAsync(call, secret, alive.Token)).ConfigureAwait(false);
                span?.SetTag("http.response.status_code", call.UpstreamStatus);
                span?.SetTag("gemini_balance.outcome", outcome.Class.ToString());
            }

            call.Record.Attempted(key.Id, outcome.Class, call.UpstreamStatus, started);
            if (outcome is UpstreamOutcome.Answered)
            {
                await AnswerAsync(call, client).ConfigureAwait(false);
                return;
            }

            if (outcome is UpstreamOutcome.RequestRefused refused && !alive.IsCancellationRequested && !call.Answer.HasContent && call.TryRepair(refused, settings, learned))
            {
                again = key;
                continue;
            }

            tried.Add(key);
            consequences.Apply(key, call.Model, outcome, call.UpstreamStatus);
            error = ErrorTranslation.Translate(outcome, secret.Reveal());
            if (alive.IsCancellationRequested || call.Answer.HasContent || !RetryPlan.MayRetry(outcome, call.Record.Attempts, options.Value.MaximumAttempts))
            {
                break;
            }

            await Task.Delay(RetryPlan.Wait(outcome, random.NextDouble()), time, alive.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await FailAsync(call, outcome, error, client).ConfigureAwait(false);
    }

    private PooledKey? Choose(ChatCall call, EligibleKeys eligible, List<PooledKey> tried, UpstreamOutcome? last) =>
        pool.Choose(call.Model, eligible, tried) ?? (last is not null && RetryPlan.SameKeyWillDo(last) ? pool.Choose(call.Model, eligible, []) : null);

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

    private static async Task AnswerAsync(ChatCall call, CancellationToken client)
    {
        // The fact comes before the last byte: what a client has got in full is never uncounted.
        await call.Record.CompleteAsync(RequestOutcome.Succeeded, StatusCodes.Status200OK).ConfigureAwait(false);
        if (call.Request.Stream)
        {
            call.Outgoing.Append(EndMark);
            await call.Answer.SendContentAsync(call.Outgoing.Written, client).ConfigureAwait(false);
        }
        else
        {
            await call.Answer.SendJsonAsync(call.Outgoing.Written, client).ConfigureAwait(false);
        }
    }

    private async Task FailAsync(ChatCall call, UpstreamOutcome? outcome, OpenAiError error, CancellationToken client)
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
        await call.Answer.FailAsync(error, client).ConfigureAwait(false);
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
