using System.Text.Json;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Translation.Errors;
using GeminiBalance.ProxyService.Upstream;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>
/// The models the upstream offers to the pool's keys, asked for at most every few minutes. An old list is renewed behind the answers that still give it, so that nobody
/// waits for an upstream that does not answer, and serves while it is away.
/// </summary>
internal sealed class ModelCatalogue(
    LivePool pool,
    KeySecrets secrets,
    GeminiClient gemini,
    UpstreamCall upstream,
    KeyConsequences consequences,
    ShutdownDrain drain,
    IOptionsMonitor<ForwardingOptions> options,
    TimeProvider time) : IDisposable
{
    private const string AnyModel = "";
    private const int MostPages = 20;
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);

    /// <summary>How long an old list serves before the upstream is asked again, once asking has failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim loading = new(1, 1);
    private volatile Listing? listing;
    private int renewing;

    /// <summary>The models.</summary>
    /// <param name="record">Gets the upstream calls the answer waited for.</param>
    /// <param name="client">Ends when the client goes away.</param>
    /// <returns>The models, or why there are none.</returns>
    public async Task<(IReadOnlyList<GeminiModel>? Models, OpenAiError? Error)> ListAsync(RequestRecord record, CancellationToken client)
    {
        if (listing is { } known)
        {
            if (!IsFresh(known) && Interlocked.CompareExchange(ref renewing, 1, 0) == 0)
            {
                _ = RenewAsync();
            }

            return (known.Models, null);
        }

        await loading.WaitAsync(client).ConfigureAwait(false);
        try
        {
            if (listing is { } loaded)
            {
                return (loaded.Models, null);
            }

            var (models, error) = await LoadAsync(record, client).ConfigureAwait(false);
            if (models is not null)
            {
                listing = new Listing(models, time.GetUtcNow() + Fresh);
            }

            return (models, error);
        }
        finally
        {
            loading.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => loading.Dispose();

    private bool IsFresh(Listing known) => known.FreshUntil > time.GetUtcNow();

    /// <summary>Asks the upstream again; what it is asked here is part of nobody's request.</summary>
    private async Task RenewAsync()
    {
        try
        {
            if (listing is not { } old || IsFresh(old))
            {
                return;
            }

            var (models, _) = await LoadAsync(null, drain.Ended).ConfigureAwait(false);
            listing = models is null ? old with { FreshUntil = time.GetUtcNow() + Patience } : new Listing(models, time.GetUtcNow() + Fresh);
        }
        finally
        {
            Volatile.Write(ref renewing, 0);
        }
    }

    private async Task<(IReadOnlyList<GeminiModel>? Models, OpenAiError? Error)> LoadAsync(RequestRecord? record, CancellationToken client)
    {
        var tried = new List<PooledKey>();
        OpenAiError? error = null;
        for (var attempt = 0; attempt < options.CurrentValue.MaximumAttempts;)
        {
            if (pool.EligibleFor(AnyModel) is not { } eligible || pool.Choose(AnyModel, eligible, tried) is not { Key: { } key } chosen)
            {
                break;
            }

            tried.Add(key);
            if (secrets.Reveal(key) is not { } secret)
            {
                continue;
            }

            attempt++;
            var started = record is null ? 0 : await record.BeginAttemptAsync(key.Id, 0, 0).ConfigureAwait(false);
            var (models, outcome, status) = await AskAsync(key, secret, client).ConfigureAwait(false);
            if (record is not null)
            {
                record.Choice = ChoiceStory.Of(pool.Strategy, eligible, chosen);
                record.Attempted(key.Id, outcome.Class, status, started, outcome.Reason);
            }

            if (models is not null)
            {
                return (models, null);
            }

            consequences.Apply(key, AnyModel, outcome, status);
            // The client has asked for nothing that could be wrong.
            error = ErrorTranslation.Translate(outcome.Blame is Blame.Client or Blame.Model ? new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable) : outcome, secret.Reveal());
            if (outcome.Retry == RetryAdvice.No)
            {
                break;
            }
        }

        return (null, error ?? OpenAiError.NoAvailableKeys);
    }

    private async Task<(IReadOnlyList<GeminiModel>? Models, UpstreamOutcome Outcome, int? Status)> AskAsync(PooledKey key, Secret secret, CancellationToken client)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(client);
        int? status = null;
        try
        {
            var found = new List<GeminiModel>();
            string? page = null;
            for (var i = 0; i < MostPages; i++)
            {
                deadline.CancelAfter(upstream.Limits.FirstByteTimeout);
                using var response = await gemini.ListModelsAsync(key.Id, secret, page, deadline.Token).ConfigureAwait(false);
                status = (int)response.StatusCode;
                if (status != StatusCodes.Status200OK)
                {
                    return (null, await upstream.RefusalAsync(response, deadline).ConfigureAwait(false), status);
                }

                using var body = new PooledBuffer();
                if (!await upstream.ReadAsync(response, body, upstream.Limits.MaximumEventBytes, deadline).ConfigureAwait(false))
                {
                    return (null, new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable), status);
                }

                page = ModelListReader.Read(body.Written, found);
                if (page is null)
                {
                    break;
                }
            }

            return (found, new UpstreamOutcome.Answered(), status);
        }
        catch (JsonException)
        {
            return (null, new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable), status);
        }
        catch (Exception e) when (UpstreamCall.IsCallFailure(e))
        {
            return (null, upstream.OutcomeOf(e, key.Id, deadline, client), status);
        }
    }

    private sealed record Listing(IReadOnlyList<GeminiModel> Models, DateTimeOffset FreshUntil);
}
