using GeminiBalance.AdminUi.Clients;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.Usage;

/// <summary>What keys and access keys are called. A few questions at most, however many rows a table has; without an answer the ids are shown.</summary>
internal sealed class GroupNames(KeyHealthClient keyHealth, AccessKeyClient accessKeys)
{
    private const int PageSize = 200;
    private const int MostPages = 5;

    /// <summary>Names by group, as StatsService names groups.</summary>
    /// <param name="grouping">What is grouped by.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyDictionary<string, string>> OfAsync(UsageGrouping grouping, CancellationToken cancellationToken)
    {
        try
        {
            return grouping switch
            {
                UsageGrouping.AccessKey => await AccessKeyNamesAsync(cancellationToken),
                UsageGrouping.Key => (await keyHealth.KeysAsync(null, null, null, PageSize, cancellationToken)).Items.ToDictionary(key => key.Id.ToString(), key => key.Label is { } label ? $"{label} ({key.Mask})" : key.Mask),
                _ => new Dictionary<string, string>(),
            };
        }
        catch (ServiceCallException)
        {
            return new Dictionary<string, string>();
        }
    }

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

    private async Task<Dictionary<string, string>> AccessKeyNamesAsync(CancellationToken cancellationToken)
    {
        var names = new Dictionary<string, string>();
        string? after = null;
        for (var i = 0; i < MostPages; i++)
        {
            var page = await accessKeys.PageAsync(null, after, PageSize, cancellationToken);
            foreach (var key in page.Items)
            {
                names[key.Id.ToString()] = key.Name;
            }

            if ((after = page.Next) is null)
            {
                break;
            }
        }

        return names;
    }
}
