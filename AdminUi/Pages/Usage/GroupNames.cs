using GeminiBalance.AdminUi.Clients;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.Usage;

/// <summary>What keys and access keys are called. Two questions at most, however many rows a table has; without an answer the ids are shown.</summary>
internal sealed class GroupNames(KeyHealthClient keyHealth)
{
    private const int MostKeys = 500;

    /// <summary>Names by group, as StatsService names groups.</summary>
    /// <param name="grouping">What is grouped by.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyDictionary<string, string>> OfAsync(UsageGrouping grouping, CancellationToken cancellationToken)
    {
        try
        {
            return grouping switch
            {
                UsageGrouping.AccessKey => (await keyHealth.AccessKeysAsync(cancellationToken)).ToDictionary(key => key.Id.ToString(), key => key.Name),
                UsageGrouping.Key => (await keyHealth.KeysAsync(null, null, null, MostKeys, cancellationToken)).Items.ToDictionary(key => key.Id.ToString(), key => key.Label is { } label ? $"{label} ({key.Mask})" : key.Mask),
                _ => new Dictionary<string, string>(),
            };
        }
        catch (ServiceCallException)
        {
            return new Dictionary<string, string>();
        }
    }
}
