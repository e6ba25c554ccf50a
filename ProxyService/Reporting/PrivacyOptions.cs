namespace GeminiBalance.ProxyService.Reporting;

/// <summary>Settings of section <c>Privacy</c>: what is kept of requests beside their figures. Prompts and answers never are. Changeable while the gateway runs.</summary>
internal sealed class PrivacyOptions
{
    /// <summary>Whether the ids clients give their requests (<c>X-Client-Request-Id</c>) are kept with them.</summary>
    public bool ClientRequestIds { get; set; } = true;
}
