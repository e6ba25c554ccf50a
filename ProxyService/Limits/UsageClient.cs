using System.Globalization;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>StatsService's sums.</summary>
/// <param name="client">A client with its address and the service token.</param>
internal sealed class UsageClient(HttpClient client)
{
    /// <summary>Reads the usage of an access key by model.</summary>
    /// <param name="accessKey">Its id.</param>
    /// <param name="from">Start of the range.</param>
    /// <param name="to">Its end, exclusive.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Usage?> ByModelAsync(Guid accessKey, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        client.GetFromJsonAsync(
            string.Create(CultureInfo.InvariantCulture, $"/stats/usage?groupBy=model&accessKey={accessKey}&{RangeOf(from, to)}"),
            ContractsJson.Default.Usage,
            cancellationToken);

    /// <summary>Reads the usage of all access keys.</summary>
    /// <param name="from">Start of the range.</param>
    /// <param name="to">Its end, exclusive.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Usage?> ByAccessKeyAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        client.GetFromJsonAsync(string.Create(CultureInfo.InvariantCulture, $"/stats/usage?groupBy=accessKey&{RangeOf(from, to)}"), ContractsJson.Default.Usage, cancellationToken);

    private static string RangeOf(DateTimeOffset from, DateTimeOffset to) =>
        string.Create(CultureInfo.InvariantCulture, $"from={from.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}&to={to.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
}
