using System.ComponentModel.DataAnnotations;

namespace GeminiBalance.KeyHealthService.Cleaning;

/// <summary>Settings of section <c>Cleanup</c>: which dead keys are taken out of the pool.</summary>
internal sealed class CleanupOptions
{
    /// <summary>Whether it happens by itself. A cleanup that an operator asks for runs always.</summary>
    public bool Enabled { get; set; }

    /// <summary>How many days a key must have been invalid without a break.</summary>
    [Range(1, 365, ErrorMessage = "Cleanup:InvalidForDays must be from 1 to 365.")]
    public int InvalidForDays { get; set; } = 7;

    /// <summary>How many probes in a row must have found it dead.</summary>
    [Range(1, 1000, ErrorMessage = "Cleanup:AtLeastChecks must be from 1 to 1000.")]
    public int AtLeastChecks { get; set; } = 3;
}
