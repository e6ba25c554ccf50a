using System.Globalization;
using GeminiBalance.Contracts;

namespace GeminiBalance.KeyHealthService.Importing;

/// <summary>What whoever imports keys says about all of them. What the text says about one goes before.</summary>
/// <param name="DryRun">Whether only to look.</param>
/// <param name="Disabled">Whether the keys come into the pool switched off.</param>
/// <param name="LabelPrefix">Goes before every label; a key without one is called by its line.</param>
/// <param name="Project">The Google project.</param>
/// <param name="Tier">What the project pays for.</param>
/// <param name="Tags">Added to the tags of every key.</param>
internal sealed record ImportTerms(bool DryRun = false, bool Disabled = false, string? LabelPrefix = null, string? Project = null, KeyTier? Tier = null, IReadOnlyList<string>? Tags = null)
{
    /// <summary>An entry under these terms. Pure.</summary>
    public ImportItem Apply(ImportItem item)
    {
        if (item.Key is null)
        {
            return item;
        }

        var label = LabelPrefix is null ? item.Label : LabelPrefix + (item.Label ?? item.Line.ToString(CultureInfo.InvariantCulture));
        var tags = (item.Tags?.Split(',') ?? []).Concat(Tags ?? []).Distinct().ToArray();
        return (label?.Length > ImportFormats.LongestText, tags.Length > ImportFormats.MostTags) switch
        {
            (true, _) => new ImportItem(item.Line, null, null, null, $"The label is longer than {ImportFormats.LongestText} characters with the prefix."),
            (_, true) => new ImportItem(item.Line, null, null, null, $"There are more than {ImportFormats.MostTags} tags together with those of the import."),
            _ => item with { Label = label, Project = item.Project ?? Project, Tier = item.Tier ?? Tier, Tags = tags.Length == 0 ? null : string.Join(',', tags) },
        };
    }
}
