using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Probing;
using GeminiBalance.KeyHealthService.Vault;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Models;

/// <summary>What the upstream lists.</summary>
/// <param name="Models">The models by name, in alphabetical order.</param>
/// <param name="IsComplete">Whether a key of every tier in the pool answered: the upstream may offer more to who pays.</param>
internal sealed record UpstreamListing(IReadOnlyList<UpstreamModel> Models, bool IsComplete);

/// <summary>Why there is no list of models.</summary>
internal sealed record NoListing(string Code, string Detail);

/// <summary>Asks the upstream for its models, with one good key of every tier: all that the pool can serve is in one of the answers. Costs no quota.</summary>
internal sealed class UpstreamModels(
    NpgsqlDataSource database, IHttpClientFactory clients, SecretVault vault, ProbeAgenda agenda, ProbeSignal signal, TimeProvider time, IOptionsMonitor<ProbingOptions> options)
{
    /// <summary>Keys of one tier that are asked, one after the other, until one answers.</summary>
    private const int MostKeys = 3;
    private const int MostPages = 50;

    /// <summary>Pages so small that the longest descriptions fit into one answer.</summary>
    private const int PageSize = 100;

    /// <summary>The list, or why there is none.</summary>
    public async Task<(UpstreamListing? Listing, NoListing? Problem)> ListAsync(CancellationToken cancellation)
    {
        var tiers = (await KeysAsync(cancellation)).GroupBy(key => key.Tier).ToList();
        if (tiers.Count == 0)
        {
            return (null, new NoListing("no_usable_key", "No key can serve now, so the upstream cannot be asked for its models."));
        }

        var models = new SortedDictionary<string, UpstreamModel>(StringComparer.Ordinal);
        var answered = 0;
        string? last = null;
        foreach (var tier in tiers)
        {
            foreach (var (id, _) in tier)
            {
                var (good, said) = await AskAsync(id, models, cancellation);
                last = said ?? last;
                if (good)
                {
                    answered++;
                    break;
                }
            }
        }

        return answered == 0 ? (null, new NoListing("upstream_failed", $"The upstream did not list its models: {last ?? "no key could be read"}."))
            : models.Count == 0 ? (null, new NoListing("upstream_failed", "The upstream lists no models at all, which cannot be."))
            : (new UpstreamListing([.. models.Values], answered == tiers.Count), null);
    }

    private async Task<(bool Good, string? Said)> AskAsync(Guid keyId, SortedDictionary<string, UpstreamModel> models, CancellationToken cancellation)
    {
        Secret? secret;
        try
        {
            secret = await vault.ReadAsync(keyId, cancellation);
        }
        catch (SecretUnreadableException)
        {
            return (false, null);
        }

        if (secret is null)
        {
            return (false, null);
        }

        var http = clients.CreateClient(Prober.Client);
        http.Timeout = options.CurrentValue.Timeout;
        var found = new Dictionary<string, UpstreamModel>(StringComparer.Ordinal);
        string? page = null;
        for (var i = 0; i < MostPages; i++)
        {
            var (body, said) = await PageAsync(http, keyId, secret, page, cancellation);
            if (body is null)
            {
                return (false, said);
            }

            try
            {
                page = ModelListAnswer.Read(body, found);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                return (false, "its answer is no list of models");
            }

            if (page is null)
            {
                foreach (var model in found.Values)
                {
                    models.TryAdd(model.Name, model);
                }

                return (true, null);
            }
        }

        return (false, "its list does not end");
    }

    private async Task<(byte[]? Body, string? Said)> PageAsync(HttpClient http, Guid keyId, Secret key, string? page, CancellationToken cancellation)
    {
        var query = page is null ? "" : $"&pageToken={Uri.EscapeDataString(page)}";
        using var request = new HttpRequestMessage(HttpMethod.Get, $"v1beta/models?pageSize={PageSize}{query}");
        request.Options.Set(UpstreamRoute.KeyId, keyId);
        if (!request.Headers.TryAddWithoutValidation("x-goog-api-key", key.Reveal()))
        {
            return (null, null);
        }

        try
        {
            using var response = await http.SendAsync(request, cancellation);
            var body = await response.Content.ReadAsByteArrayAsync(cancellation);
            if ((int)response.StatusCode == StatusCodes.Status200OK)
            {
                return (body, null);
            }

            var answer = ProbeAnswer.Read((int)response.StatusCode, body);
            if (Blame.Of(answer.Outcome, answer.Reason, time.GetUtcNow(), null, 0) is KeyVerdict)
            {
                // What this says about the key is for a probe to find out.
                await agenda.AskAsync([keyId], time.GetUtcNow(), cancellation);
                signal.Set();
            }

            return (null, $"it answered {answer.Status} ({answer.Outcome})");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, "it did not answer in time");
        }
        catch (HttpRequestException)
        {
            return (null, "it cannot be reached, or answers too much");
        }
    }

    /// <summary>Some keys that may serve, the healthy ones first, always the same ones.</summary>
    private async Task<List<(Guid Id, string Tier)>> KeysAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            select id, tier from (
                select id, coalesce(data ->> 'tier', '') tier, row_number() over (partition by data ->> 'tier' order by status <> 'Healthy', id) place
                from keys.mt_doc_key where status in ('New', 'Healthy', 'Degraded')) keys
            where place <= $1 order by tier, place
            """);
        command.Parameters.Add(new() { Value = MostKeys });
        var keys = new List<(Guid, string)>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            keys.Add((rows.GetGuid(0), rows.GetString(1)));
        }

        return keys;
    }
}
