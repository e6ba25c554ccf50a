using System.Globalization;

namespace GeminiBalance.AdminUi.Pages.Overview;

/// <summary>Names of buckets under a chart.</summary>
internal static class BucketLabel
{
    /// <summary>The time of day; for buckets wider than an hour the date too.</summary>
    /// <param name="local">Start of the bucket on the browser's clock.</param>
    /// <param name="bucket">Width of the bucket.</param>
    public static string Of(DateTimeOffset local, TimeSpan bucket) =>
        local.ToString(bucket > TimeSpan.FromHours(1) ? "MM-dd HH:mm" : "HH:mm", CultureInfo.InvariantCulture);
}
