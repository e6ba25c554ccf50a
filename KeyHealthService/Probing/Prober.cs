using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Guarding;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.KeyHealthService.Vault;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace GeminiBalance.KeyHealthService.Probing;

/// <summary>Probes one key and acts on the answer.</summary>
internal sealed partial class Prober(
    IHttpClientFactory clients, SecretVault vault, KeyCommands commands, ProbeAgenda agenda, Alarms alarms, PoolPump pump, TimeProvider time, IOptionsMonitor<ProbingOptions> options, ILogger<Prober> log)
{
    public const string Client = "gemini-probe";

    /// <summary>Probes a key now. An answer that says nothing about it leaves it as it is.</summary>
    /// <returns>The key afterwards; null when it is gone.</returns>
    public async Task<Key?> ProbeAsync(Guid keyId, CancellationToken cancellation)
    {
        Secret? secret;
        try
        {
            secret = await vault.ReadAsync(keyId, cancellation);
        }
        catch (SecretUnreadableException)
        {
            LogUnreadable(keyId);
            await agenda.FinishAsync(keyId, null, time.GetUtcNow() + ProbePlan.AfterBad, null, cancellation);
            return await commands.FindAsync(keyId, cancellation);
        }

        if (secret is null)
        {
            return null;
        }

        var http = clients.CreateClient(Client);
        http.Timeout = options.CurrentValue.Timeout;
        var answer = await new GeminiProbe(http).AskAsync(keyId, secret, cancellation);
        var now = time.GetUtcNow();
        if (Blame.Of(answer.Outcome, answer.Reason, now, null, 0) is not KeyVerdict verdict)
        {
            await agenda.FinishAsync(keyId, answer.Status is null ? null : now, ProbePlan.NextAfterNothing(keyId, now), null, cancellation);
            return await commands.FindAsync(keyId, cancellation);
        }

        verdict = await TemperAsync(keyId, verdict, answer.Outcome, now, cancellation);
        var evidence = new Evidence(answer.Outcome, answer.Status, now, Causers.Probe, keyId);
        var changed = await commands.ExecuteAsync(keyId, (key, at) => KeyDecider.Judge(key, verdict, evidence, at), cancellation);

        // What the key is now, not what the answer says: one whose account is empty stays so although it answers, and is looked at again.
        var next = verdict.To == KeyStatus.Degraded || changed?.Key is not { } after ? ProbePlan.NextAfterNothing(keyId, now) : ProbePlan.NextAfter(keyId, after.Status, now, after.Reason);
        bool? bad = verdict.To switch { KeyStatus.Healthy => false, KeyStatus.Invalid or KeyStatus.Forbidden => true, _ => null };
        await agenda.FinishAsync(keyId, now, next, bad, cancellation);
        if (changed is { Happened: true })
        {
            pump.Nudge();
        }

        return changed?.Key;
    }

    /// <summary>A key that served until now is taken out only if it is not one of many, nor the last. A new one never served, so that its probe may say what it will.</summary>
    private async Task<KeyVerdict> TemperAsync(Guid keyId, KeyVerdict verdict, UpstreamOutcomeClass outcome, DateTimeOffset now, CancellationToken cancellation)
    {
        if (verdict.To is not (KeyStatus.Invalid or KeyStatus.Forbidden) || await commands.FindAsync(keyId, cancellation) is not { Status: KeyStatus.Healthy or KeyStatus.Degraded })
        {
            return verdict;
        }

        var trouble = await alarms.NoteAsync(outcome, keyId, now, cancellation);
        return PoolGuard.Temper(verdict, trouble, last: verdict.To == KeyStatus.Forbidden && await commands.IsLastAsync(keyId, cancellation));
    }

    [LoggerMessage(1, LogLevel.Error, "The secret of key {KeyId} cannot be read: it was changed in the database.")]
    private partial void LogUnreadable(Guid keyId);
}
