using System.ComponentModel.DataAnnotations;

namespace GeminiBalance.ProxyService.Authentication;

/// <summary>Settings of section <c>Authentication</c>.</summary>
internal sealed class AuthenticationOptions
{
    /// <summary>Wrong access keys one address may show in a minute before the answer is 429.</summary>
    [Range(1, 100_000, ErrorMessage = "Authentication:FailuresPerMinute must be 1 to 100000.")]
    public int FailuresPerMinute { get; set; } = 30;
}
