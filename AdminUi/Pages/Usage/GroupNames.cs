using GeminiBalance.AdminUi.Clients;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.Usage;

/// <summary>What is known of the names of keys or access keys.</summary>
/// <param name="Names">Names by group, as StatsService names groups.</param>
/// <param name="AreAll">Whether no other exists: only then is one without a name gone.</param>
internal sealed record KnownNames(IReadOnlyDictionary<string, string> Names, bool AreAll)
{
    /// <summary>Nothing is known.</summary>
    public static KnownNames None { get; } = new(new Dictionary<string, string>(), false);

    /// <summary>What a group is called; null when that is not known.</summary>
    /// <param name="group">The group.</param>
    public string? Of(string group) => Names.GetValueOrDefault(group);
}

/// <summary>What keys and access keys are called. A few questions at most, however many rows a table has; without an answer the ids are shown.</summary>
internal sealed class GroupNames(KeyHealthClient keyHealth, AccessKeyClient accessKeys)
{
    private const int PageSize = 200;
    private const int MostPages = 5;

    /// <summary>Names by group.</summary>
    /// <param name="grouping">What is grouped by.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<KnownNames> OfAsync(UsageGrouping grouping, CancellationToken cancellationToken) => grouping switch
    {
        UsageGrouping.AccessKey => ReadAsync(async after =>
        {
            var page = await accessKeys.PageAsync(null, after, PageSize, cancellationToken);
            return (page.Items.Select(key => (key.Id, key.Name)), page.Next);
        }),
        UsageGrouping.Key => ReadAsync(async after =>
        {
            var page = await keyHealth.KeysAsync(null, null, after, PageSize, cancellationToken);
            return (page.Items.Select(key => (key.Id, key.Label is { } label ? $"{label} ({key.Mask})" : key.Mask)), page.Next);
        }),
        _ => Task.FromResult(KnownNames.None),
    };

    /// <summary>What one access key is called; its id when that cannot be known.</summary>
    /// <param name="id">The access key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<string> OfAccessKeyAsync(Guid id, CancellationToken cancellationToken)
    {
        try
        {
            return (await accessKeys.FindAsync(id, cancellationToken)).Name;
        }
        catch (ServiceCallException)
        {
            return id.ToString("N")[..8];
        }
    }

    private static async Task<KnownNames> ReadAsync(Func<string?, Task<(IEnumerable<(Guid Id, string Name)> Items, string? Next)>> page)
    {
        var names = new Dictionary<string, string>();
        string? after = null;
        try
        {
            for (var i = 0; i < MostPages; i++)
            {
                var (items, next) = await page(after);
                foreach (var (id, name) in items)
                {
                    names[id.ToString()] = name;
                }

                if ((after = next) is null)
                {
                    return new KnownNames(names, true);
                }
            }
        }
        catch (ServiceCallException)
        {
            // What was told until then is shown.
        }

        return new KnownNames(names, false);
    }
}
