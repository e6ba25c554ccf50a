using System.ComponentModel.DataAnnotations;

namespace GeminiBalance.ProxyService.Media;

/// <summary>Settings of section <c>RemoteMedia</c>: what becomes of images and files that a request names by address. Changeable while the gateway runs.</summary>
internal sealed class RemoteMediaOptions
{
    /// <summary>Who fetches them.</summary>
    public RemoteMediaMode Mode { get; set; } = RemoteMediaMode.Fetch;

    /// <summary>The most bytes of one.</summary>
    [Range(1024, 100 * 1024 * 1024, ErrorMessage = "RemoteMedia:MaximumBytes must be 1024 to 104857600.")]
    public int MaximumBytes { get; set; } = 20 * 1024 * 1024;

    /// <summary>The most bytes of all that one request names.</summary>
    [Range(1024, 400 * 1024 * 1024, ErrorMessage = "RemoteMedia:MaximumTotalBytes must be 1024 to 419430400.")]
    public int MaximumTotalBytes { get; set; } = 40 * 1024 * 1024;

    /// <summary>Seconds until one must be there.</summary>
    [Range(0.1, 120, ErrorMessage = "RemoteMedia:TimeoutSeconds must be 0.1 to 120.")]
    public double TimeoutSeconds { get; set; } = 10;

    /// <summary>The most of one request.</summary>
    [Range(1, 100, ErrorMessage = "RemoteMedia:MaximumPerRequest must be 1 to 100.")]
    public int MaximumPerRequest { get; set; } = 8;
}

/// <summary>Who fetches remote media.</summary>
internal enum RemoteMediaMode
{
    /// <summary>The gateway, from the open internet only.</summary>
    Fetch,

    /// <summary>Gemini.</summary>
    Passthrough,

    /// <summary>Nobody: such requests are refused.</summary>
    Off,
}
