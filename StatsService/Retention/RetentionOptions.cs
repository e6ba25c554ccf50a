using System.ComponentModel.DataAnnotations;

namespace GeminiBalance.StatsService.Retention;

/// <summary>Settings of section <c>Retention</c>.</summary>
internal sealed class RetentionOptions
{
    /// <summary>How many days single requests are kept. Sums and the audit log are kept for ever.</summary>
    [Range(1, 3650, ErrorMessage = "Retention:RequestDays must be from 1 to 3650.")]
    public int RequestDays { get; set; } = 90;
}
