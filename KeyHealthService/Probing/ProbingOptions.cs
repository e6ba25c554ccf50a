using System.ComponentModel.DataAnnotations;

namespace GeminiBalance.KeyHealthService.Probing;

/// <summary>Settings of section <c>Probing</c>.</summary>
internal sealed class ProbingOptions
{
    /// <summary>Whether keys are probed on a schedule. A check that an operator asks for runs always.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The time from one check of all keys to the next, for job <c>health-check</c>. New and refused keys are probed between them.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "30.00:00:00", ErrorMessage = "Probing:CheckAllEvery must be from 00:10:00 to 30.00:00:00.")]
    public TimeSpan CheckAllEvery { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How many probes run at once in one process.</summary>
    [Range(1, 100, ErrorMessage = "Probing:Concurrency must be from 1 to 100.")]
    public int Concurrency { get; set; } = 4;

    /// <summary>How long a probe waits for an answer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:02:00", ErrorMessage = "Probing:Timeout must be from 00:00:01 to 00:02:00.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);
}

/// <summary>Settings of section <c>Gemini</c>.</summary>
internal sealed class GeminiOptions : IValidatableObject
{
    /// <summary>Address of the upstream.</summary>
    public string BaseAddress { get; set; } = "https://generativelanguage.googleapis.com";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(BaseAddress, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.Query.Length > 0)
        {
            yield return new ValidationResult("Gemini:BaseAddress must be an address like https://generativelanguage.googleapis.com.");
        }
    }
}
