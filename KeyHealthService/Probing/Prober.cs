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
    IHttpClientFactory clients, SecretVault vault, KeyCommands commands, ProbeAgenda agenda, PoolPump pump, TimeProvider time, IOptions<ProbingOptions> options, ILogger<Prober> log)
{
    public const string Client = "gemini-probe";

    /// <summary>How soon a probe without an answer about the key is repeated.</summary>
    private static readonly TimeSpan AfterNoAnswer = TimeSpan.FromMinutes(1);

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
            await agenda.FinishAsync(keyId, null, time.GetUtcNow() + ProbePlan.AfterBad, cancellation);
            return await commands.FindAsync(keyId, cancellation);
        }

        if (secret is null)
        {
            return null;
        }

        var http = clients.CreateClient(Client);
        http.Timeout = options.Value.Timeout;
        var answer = await new GeminiProbe(http).AskAsync(secret, cancellation);
        var now = time.GetUtcNow();
        if (Blame.Of(answer.Outcome, answer.Reason, now, null, 0) is not KeyVerdict verdict)
        {
            await agenda.FinishAsync(keyId, answer.Status is null ? null : now, now + AfterNoAnswer, cancellation);
            return await commands.FindAsync(keyId, cancellation);
        }

        var evidence = new Evidence(answer.Outcome, answer.Status, now, Causers.Probe, keyId);
        var changed = await commands.ExecuteAsync(keyId, (key, at) => KeyDecider.Judge(key, verdict, evidence, at), cancellation);
        await agenda.FinishAsync(keyId, now, now + ProbePlan.Interval(keyId, verdict.To), cancellation);
        if (changed is { Happened: true })
        {
            pump.Nudge();
        }

        return changed?.Key;
    }

    [LoggerMessage(1, LogLevel.Error, "The secret of key {KeyId} cannot be read: it was changed in the database.")]
    private partial void LogUnreadable(Guid keyId);
}
