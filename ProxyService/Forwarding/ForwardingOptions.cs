using System.ComponentModel.DataAnnotations;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Settings of section <c>Forwarding</c>. Changeable while the gateway runs.</summary>
internal sealed class ForwardingOptions
{
    /// <summary>The most upstream calls made for one request.</summary>
    [Range(1, 10, ErrorMessage = "Forwarding:MaximumAttempts must be 1 to 10.")]
    public int MaximumAttempts { get; set; } = 3;

    /// <summary>Seconds within which an answer must have begun, over all calls of a request together; no call is begun when less than two of them are left.</summary>
    [Range(1, 3600, ErrorMessage = "Forwarding:DeadlineSeconds must be 1 to 3600.")]
    public double DeadlineSeconds { get; set; } = 150;

    /// <summary>Seconds a stream waits for its first content before its 200 goes out; until then a failure can still be a status.</summary>
    [Range(0.05, 300, ErrorMessage = "Forwarding:CommitAfterSeconds must be 0.05 to 300.")]
    public double CommitAfterSeconds { get; set; } = 10;

    /// <summary>Seconds between the comments that keep a silent stream open.</summary>
    [Range(0.05, 300, ErrorMessage = "Forwarding:KeepAliveSeconds must be 0.05 to 300.")]
    public double KeepAliveSeconds { get; set; } = 15;

    /// <summary>Seconds answers may go on after the process was told to stop.</summary>
    [Range(0, 300, ErrorMessage = "Forwarding:DrainSeconds must be 0 to 300.")]
    public double DrainSeconds { get; set; } = 5;
}
