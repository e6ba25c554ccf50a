using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.KeyHealthService.Models;

/// <summary>Compares the catalogue with what the upstream lists. Pure.</summary>
internal static class CatalogueSync
{
    private const int DigestBytes = 12;

    /// <summary>How they differ.</summary>
    /// <param name="catalogue">The catalogue.</param>
    /// <param name="listing">What the upstream lists.</param>
    public static ModelDiff Compare(ModelCatalogue catalogue, UpstreamListing listing)
    {
        var known = catalogue.Models.ToDictionary(model => model.Upstream.Name, StringComparer.Ordinal);
        var listed = listing.Models.Select(model => model.Name).ToHashSet(StringComparer.Ordinal);
        var diff = new ModelDiff(
            "",
            false,
            listing.IsComplete,
            listing.Models.Count,
            [.. listing.Models.Where(model => !known.ContainsKey(model.Name))],
            [.. listing.Models.Where(model => known.ContainsKey(model.Name)).SelectMany(model => Changes(known[model.Name].Upstream, model))],
            listing.IsComplete ? [.. catalogue.Models.Select(model => model.Upstream.Name).Where(name => !listed.Contains(name))] : [],
            [.. catalogue.Models.Where(model => model.GoneSince is not null && listed.Contains(model.Upstream.Name)).Select(model => model.Upstream.Name)],
            []);
        return diff with { Digest = DigestOf(catalogue.Version, diff) };
    }

    /// <summary>What to write down of a difference; null when there is nothing.</summary>
    /// <param name="catalogue">The catalogue.</param>
    /// <param name="listing">What the upstream lists.</param>
    /// <param name="diff">The difference of the two.</param>
    /// <param name="remove">Gone models to remove.</param>
    /// <param name="by">Who asks for it.</param>
    /// <param name="now">The time.</param>
    public static ModelsSynced? Decide(ModelCatalogue catalogue, UpstreamListing listing, ModelDiff diff, IReadOnlyCollection<string> remove, string by, DateTimeOffset now)
    {
        var changed = diff.Changed.Select(change => change.Model).ToHashSet(StringComparer.Ordinal);
        var marked = catalogue.Models.Where(model => model.GoneSince is not null).Select(model => model.Upstream.Name).ToHashSet(StringComparer.Ordinal);
        var synced = new ModelsSynced(
            diff.Added,
            [.. listing.Models.Where(model => changed.Contains(model.Name))],
            diff.Changed,
            [.. diff.Gone.Where(name => !marked.Contains(name) && !remove.Contains(name))],
            diff.Returned,
            [.. remove.Order(StringComparer.Ordinal)],
            by,
            now);
        return synced is { Added.Count: 0, Changed.Count: 0, Gone.Count: 0, Returned.Count: 0, Removed.Count: 0 } ? null : synced;
    }

    private static IEnumerable<ModelChange> Changes(UpstreamModel before, UpstreamModel after)
    {
        (string Field, string? Before, string? After)[] fields =
        [
            ("displayName", before.DisplayName, after.DisplayName),
            ("description", before.Description, after.Description),
            ("version", before.Version, after.Version),
            ("inputTokenLimit", Number(before.InputTokenLimit), Number(after.InputTokenLimit)),
            ("outputTokenLimit", Number(before.OutputTokenLimit), Number(after.OutputTokenLimit)),
            ("methods", string.Join(", ", before.Methods), string.Join(", ", after.Methods)),
            ("thinking", Word(before.Thinking), Word(after.Thinking)),
        ];
        return fields.Where(field => field.Before != field.After).Select(field => new ModelChange(after.Name, field.Field, field.Before, field.After));
    }

    private static string? Number(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string? Word(bool? word) => word switch { null => null, true => "true", false => "false" };

    private static string DigestOf(long version, ModelDiff diff)
    {
        var said = JsonSerializer.SerializeToUtf8Bytes(diff, ContractsJson.Default.ModelDiff);
        return Convert.ToHexStringLower(SHA256.HashData([.. BitConverter.GetBytes(version), .. said]).AsSpan(0, DigestBytes));
    }
}
