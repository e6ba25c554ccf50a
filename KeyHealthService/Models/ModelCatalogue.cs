using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using JasperFx.Events;
using Marten.Events.Aggregation;

namespace GeminiBalance.KeyHealthService.Models;

/// <summary>The catalogue was brought to what the upstream lists. <paramref name="Changed"/> holds what it says now, <paramref name="Changes"/> what of it is new; models that went are marked, those an operator named are removed.</summary>
internal sealed record ModelsSynced(
    IReadOnlyList<UpstreamModel> Added,
    IReadOnlyList<UpstreamModel> Changed,
    IReadOnlyList<ModelChange> Changes,
    IReadOnlyList<string> Gone,
    IReadOnlyList<string> Returned,
    IReadOnlyList<string> Removed,
    string By,
    DateTimeOffset At) : IPoolEvent
{
    /// <summary>What happened, in a sentence.</summary>
    public string Say() => "Models: " + string.Join(", ", new[]
    {
        Count(Added.Count, "added"),
        Count(Changed.Count, "changed"),
        Count(Gone.Count, "gone"),
        Count(Returned.Count, "back"),
        Count(Removed.Count, "removed"),
    }.OfType<string>()) + ".";

    private static string? Count(int count, string what) => count == 0 ? null : $"{count} {what}";
}

/// <summary>A model the upstream lists, or listed.</summary>
internal sealed record CatalogueModel(UpstreamModel Upstream, DateTimeOffset FirstSeenAt, DateTimeOffset ChangedAt, DateTimeOffset? GoneSince = null);

/// <summary>The models as the events tell them. What operators set for models are settings of the gateway, and not here.</summary>
internal sealed record ModelCatalogue
{
    /// <summary>The one stream of the catalogue.</summary>
    public static readonly Guid StreamId = NamedIds.Of("model catalogue");

    public Guid Id { get; init; } = StreamId;

    /// <summary>Number of events.</summary>
    public long Version { get; init; }

    public DateTimeOffset? ChangedAt { get; init; }

    public string? ChangedBy { get; init; }

    /// <summary>The models by name, in alphabetical order.</summary>
    public IReadOnlyList<CatalogueModel> Models { get; init; } = [];

    /// <summary>The catalogue after one more sync.</summary>
    public static ModelCatalogue After(ModelCatalogue? catalogue, ModelsSynced e)
    {
        var models = (catalogue?.Models ?? []).ToDictionary(model => model.Upstream.Name, StringComparer.Ordinal);
        foreach (var added in e.Added)
        {
            models[added.Name] = new CatalogueModel(added, e.At, e.At);
        }

        foreach (var changed in e.Changed)
        {
            models[changed.Name] = models[changed.Name] with { Upstream = changed, ChangedAt = e.At };
        }

        foreach (var name in e.Gone)
        {
            models[name] = models[name] with { GoneSince = e.At };
        }

        foreach (var name in e.Returned)
        {
            models[name] = models[name] with { GoneSince = null };
        }

        foreach (var name in e.Removed)
        {
            models.Remove(name);
        }

        return new ModelCatalogue
        {
            Version = (catalogue?.Version ?? 0) + 1,
            ChangedAt = e.At,
            ChangedBy = e.By,
            Models = [.. models.Values.OrderBy(model => model.Upstream.Name, StringComparer.Ordinal)],
        };
    }
}

/// <summary>Keeps <see cref="ModelCatalogue"/> in step with its stream, in the transaction of its events.</summary>
internal sealed partial class ModelCatalogueProjection : SingleStreamProjection<ModelCatalogue, Guid>
{
    public ModelCatalogueProjection() => IncludeType<ModelsSynced>();

    public override ModelCatalogue? Evolve(ModelCatalogue? snapshot, Guid id, IEvent e) => e.Data is ModelsSynced synced ? ModelCatalogue.After(snapshot, synced) : snapshot;
}
