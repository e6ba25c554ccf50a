namespace GeminiBalance.AdminUi.Preferences;

/// <summary>Addresses that stay on this origin.</summary>
internal static class LocalUrl
{
    /// <summary>The address itself when it is a path of this origin, else <c>/</c>. Browsers read <c>//host</c> and <c>/\host</c> as other hosts.</summary>
    /// <param name="url">An address from a form or a query.</param>
    public static string OrRoot(string? url) =>
        url is { Length: > 0 and <= 2000 } && url[0] == '/' && (url.Length == 1 || url[1] is not ('/' or '\\')) && !url.Any(char.IsControl) ? url : "/";
}
