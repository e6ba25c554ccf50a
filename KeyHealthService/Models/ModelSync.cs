using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using Marten;

namespace GeminiBalance.KeyHealthService.Models;

/// <summary>What became of a sync: the difference, or why there is none. With <see cref="Refusal"/> the difference is told as well when it is known.</summary>
internal sealed record SyncOutcome(ModelDiff? Diff, NoListing? Problem = null, string? Refusal = null, bool IsStale = false);

/// <summary>Brings the catalogue to what the upstream lists. Models that went are only marked, until an operator names them for removal: a list may be short for a while.</summary>
internal sealed class ModelSync(IDocumentStore store, UpstreamModels upstream, TimeProvider time)
{
    /// <summary>The catalogue now.</summary>
    public async Task<ModelCatalogue> ReadAsync(CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.LoadAsync<ModelCatalogue>(ModelCatalogue.StreamId, cancellation) ?? new ModelCatalogue();
    }

    /// <summary>Compares, and changes the catalogue unless it is a preview.</summary>
    /// <param name="ask">What is asked for.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<SyncOutcome> RunAsync(SyncModels ask, string by, CancellationToken cancellation)
    {
        var (listing, problem) = await upstream.ListAsync(cancellation);
        return listing is null ? new SyncOutcome(null, problem) : await Conflicts.OnceMoreAsync(() => ApplyAsync(ask, listing, by, cancellation));
    }

    private async Task<SyncOutcome> ApplyAsync(SyncModels ask, UpstreamListing listing, string by, CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        var known = await session.LoadAsync<ModelCatalogue>(ModelCatalogue.StreamId, cancellation);
        var catalogue = known ?? new ModelCatalogue();
        var diff = CatalogueSync.Compare(catalogue, listing);
        if (ask.Preview)
        {
            return new SyncOutcome(diff);
        }

        if (ask.Digest is { } expected && expected != diff.Digest)
        {
            return new SyncOutcome(diff, IsStale: true);
        }

        string[] remove = [.. (ask.Remove ?? []).Distinct(StringComparer.Ordinal)];
        if (Array.Find(remove, name => !diff.Gone.Contains(name)) is { } kept)
        {
            return new SyncOutcome(diff, Refusal: listing.IsComplete
                ? $"'{Short(kept)}' cannot be removed: it is not in the catalogue, or the upstream lists it."
                : $"'{Short(kept)}' cannot be removed now: not every tier of keys answered, so that it is not known to be gone.");
        }

        if (CatalogueSync.Decide(catalogue, listing, diff, remove, by, time.GetUtcNow()) is not { } synced)
        {
            return new SyncOutcome(diff);
        }

        if (known is null)
        {
            session.Events.StartStream(ModelCatalogue.StreamId, synced);
        }
        else
        {
            session.Events.Append(ModelCatalogue.StreamId, catalogue.Version + 1, synced);
        }

        await session.SaveChangesAsync(cancellation);
        return new SyncOutcome(diff with { Applied = true, Gone = [.. diff.Gone.Except(remove)], Removed = synced.Removed });
    }

    private static string Short(string name) => name.Length <= 100 ? name : name[..100] + "…";
}
