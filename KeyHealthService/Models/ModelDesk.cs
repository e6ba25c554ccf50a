using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Settings;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Models;

/// <summary>What became of a command on models: the values asked for as well, so that a conflict can show both. <paramref name="Settings"/> is null when there is no such model or alias.</summary>
internal sealed record ModelOutcome(IReadOnlyDictionary<string, string?> Asked, SettingsOutcome? Settings);

/// <summary>The catalogue with what is set for it. Every change goes into the gateway's settings, which reach all replicas, and have versions and a way back.</summary>
internal sealed class ModelDesk(ModelSync sync, SettingsDesk desk, NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>All models and aliases.</summary>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="also">A model to show even if it is not in the catalogue and nothing is set for it.</param>
    public async Task<ModelsView> ReadAsync(CancellationToken cancellation, string? also = null)
    {
        var catalogue = await sync.ReadAsync(cancellation);
        var now = await desk.ReadAsync(cancellation);
        var settings = new ModelSettings(now.Values);
        var (serving, blocked) = await KeysAsync(cancellation);
        var aliases = settings.Aliases.ToLookup(alias => settings.ModelBehind(alias.Key), alias => alias.Key, StringComparer.OrdinalIgnoreCase);
        var known = catalogue.Models.ToDictionary(model => model.Upstream.Name, StringComparer.OrdinalIgnoreCase);
        var names = known.Keys.Union(settings.Named, StringComparer.OrdinalIgnoreCase).Union(also is null ? [] : [also], StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal);
        return new ModelsView(
            now.Version,
            catalogue.ChangedAt,
            catalogue.ChangedBy,
            [.. names.Select(name =>
            {
                var model = known.GetValueOrDefault(name);
                return new ModelView(
                    name, settings.Serves(name), model?.Upstream, model?.FirstSeenAt, model?.ChangedAt, model?.GoneSince,
                    [.. aliases[name]], settings.FallbacksOf(name), settings.ProfileOf(name), Math.Max(0, serving - blocked.GetValueOrDefault(name)));
            })],
            [.. settings.Aliases.Select(alias => View(alias.Key, alias.Value, settings, known))]);
    }

    /// <summary>Serves a model, or refuses it as if it did not exist.</summary>
    public Task<ModelOutcome> ServeAsync(string model, bool serve, long? version, string by, CancellationToken cancellation) =>
        ChangeAsync(rules => rules.Has(model) ? rules.Serve(model, serve) : null, version, by, cancellation);

    /// <summary>Sets which models may answer in place of one.</summary>
    public Task<ModelOutcome> FallbacksAsync(string model, SetModelFallbacks set, string by, CancellationToken cancellation) =>
        ChangeAsync(rules => rules.Has(model) ? rules.Fallbacks(model, set.Models) : null, set.Version, by, cancellation);

    /// <summary>Sets how a model behaves, and those whose names begin with its name.</summary>
    public Task<ModelOutcome> ProfileAsync(string model, SetModelProfile set, string by, CancellationToken cancellation) =>
        ChangeAsync(rules => rules.Has(model) ? (ModelSettings.SettingsOf(model, set.Profile), null) : null, set.Version, by, cancellation);

    /// <summary>Lets a name lead to a model.</summary>
    public Task<ModelOutcome> AliasAsync(string alias, SetModelAlias set, string by, CancellationToken cancellation) =>
        ChangeAsync(rules => rules.Alias(alias, set.Model), set.Version, by, cancellation);

    /// <summary>Takes an alias away.</summary>
    public Task<ModelOutcome> NoAliasAsync(string alias, long? version, string by, CancellationToken cancellation) =>
        ChangeAsync(rules => rules.NoAlias(alias) is { } values ? (values, null) : null, version, by, cancellation);

    private static ModelAlias View(string alias, string leadsTo, ModelSettings settings, Dictionary<string, CatalogueModel> known)
    {
        var model = settings.ModelBehind(alias);
        return new ModelAlias(alias, leadsTo, known.Count == 0 || known.ContainsKey(model), settings.Serves(model));
    }

    private async Task<ModelOutcome> ChangeAsync(
        Func<ModelRules, (Dictionary<string, string?> Values, SettingsRefusal? Refusal)?> decide, long? version, string by, CancellationToken cancellation)
    {
        var now = await desk.ReadAsync(cancellation);
        if (decide(new ModelRules(await sync.ReadAsync(cancellation), new ModelSettings(now.Values))) is not var (values, refusal))
        {
            return new ModelOutcome(new Dictionary<string, string?>(), null);
        }

        return new ModelOutcome(values, refusal is null ? await desk.ChangeAsync(version, values, by, cancellation) : new SettingsOutcome(now, refusal));
    }

    /// <summary>The keys that can serve at all, and how many of them cannot serve some model now.</summary>
    private async Task<(int Serving, Dictionary<string, int> Blocked)> KeysAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            with serving as (select id, pool from keys.mt_doc_key where status in ('New', 'Healthy', 'Degraded'))
            select null, count(*)::int from serving
            union all
            select q.model, count(distinct k.id)::int from keys.mt_doc_quota q join serving k on k.pool = q.pool
            where q.status <> 'Available' and q.until > $1 group by q.model
            """);
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        var serving = 0;
        var blocked = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            if (rows.IsDBNull(0))
            {
                serving = rows.GetInt32(1);
            }
            else
            {
                blocked[rows.GetString(0)] = rows.GetInt32(1);
            }
        }

        return (serving, blocked);
    }
}
