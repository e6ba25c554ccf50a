using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Upstream;

/// <summary>Settings of section <c>Gemini</c>: where the upstream is, and how long to wait for it.</summary>
internal sealed class GeminiOptions : IValidateOptions<GeminiOptions>
{
    /// <summary>Address of the Gemini API.</summary>
    [Required(ErrorMessage = "Gemini:BaseAddress is not set.")]
    public string BaseAddress { get; set; } = "https://generativelanguage.googleapis.com";

    /// <summary>Seconds until a connection must stand.</summary>
    [Range(1, 300, ErrorMessage = "Gemini:ConnectTimeoutSeconds must be 1 to 300.")]
    public double ConnectTimeoutSeconds { get; set; } = 10;

    /// <summary>Seconds until an answer must begin.</summary>
    [Range(0.05, 3600, ErrorMessage = "Gemini:FirstByteTimeoutSeconds must be 0.05 to 3600.")]
    public double FirstByteTimeoutSeconds { get; set; } = 120;

    /// <summary>The longest silence in seconds within an answer.</summary>
    [Range(0.05, 3600, ErrorMessage = "Gemini:IdleTimeoutSeconds must be 0.05 to 3600.")]
    public double IdleTimeoutSeconds { get; set; } = 120;

    /// <summary>The most bytes of one answer or one event of a stream.</summary>
    [Range(1024, 512 * 1024 * 1024, ErrorMessage = "Gemini:MaximumEventBytes must be 1024 to 536870912.")]
    public int MaximumEventBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The most bytes one stream may keep in memory for its end: texts for annotations, calls, signatures.</summary>
    [Range(1024, 512 * 1024 * 1024, ErrorMessage = "Gemini:MaximumKeptBytes must be 1024 to 536870912.")]
    public int MaximumKeptBytes { get; set; } = 32 * 1024 * 1024;

    /// <inheritdoc cref="FirstByteTimeoutSeconds" />
    public TimeSpan FirstByteTimeout => TimeSpan.FromSeconds(FirstByteTimeoutSeconds);

    /// <inheritdoc cref="IdleTimeoutSeconds" />
    public TimeSpan IdleTimeout => TimeSpan.FromSeconds(IdleTimeoutSeconds);

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, GeminiOptions options) =>
        Uri.TryCreate(options.BaseAddress, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0 && address.Query.Length == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Gemini:BaseAddress must be an address such as https://generativelanguage.googleapis.com, without user, password or query.");
}
