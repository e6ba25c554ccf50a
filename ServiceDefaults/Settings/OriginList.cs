namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>Origins of web pages, separated by commas.</summary>
public static class OriginList
{
    private const int MostOrigins = 200;

    /// <summary>The origins of a list.</summary>
    /// <param name="value">The list; null or empty for none.</param>
    public static string[] Split(string? value) => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Checks a list.</summary>
    /// <param name="value">The list.</param>
    /// <returns>What lists may be, as the end of a sentence; null when it is one.</returns>
    public static string? Refuse(string value)
    {
        var origins = Split(value);
        return origins.Length <= MostOrigins && Array.TrueForAll(origins, IsOrigin)
            ? null
            : $"at most {MostOrigins} origins as https://app.example.org, without a path and separated by commas, or *";
    }

    /// <summary>Browsers send scheme, host and port only, the port left out where it is the scheme's own.</summary>
    private static bool IsOrigin(string origin) =>
        origin == "*"
        || (Uri.TryCreate(origin, UriKind.Absolute, out var address)
            && address.Host.Length > 0
            && address.UserInfo.Length == 0
            && string.Equals(address.GetLeftPart(UriPartial.Authority), origin, StringComparison.OrdinalIgnoreCase));
}
