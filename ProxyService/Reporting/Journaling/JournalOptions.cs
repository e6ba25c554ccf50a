using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>What a record survives once it was written.</summary>
internal enum JournalSync
{
    /// <summary>The death of the process: the operating system has the record. It reaches the disk within 100 ms or so.</summary>
    Process,

    /// <summary>The loss of power: the disk has the record.</summary>
    Power,
}

/// <summary>Settings of section <c>Journal</c>.</summary>
internal sealed class JournalOptions : IValidateOptions<JournalOptions>
{
    /// <summary>The folder under which every replica on the machine takes a folder of its own; it must survive a restart.</summary>
    [Required(ErrorMessage = "Journal:Folder must be a folder on a disk that survives a restart.")]
    public string Folder { get; set; } = "journal";

    /// <summary>What a record survives.</summary>
    [EnumDataType(typeof(JournalSync), ErrorMessage = "Journal:Sync must be Process or Power.")]
    public JournalSync Sync { get; set; } = JournalSync.Process;

    /// <summary>A segment is closed before it grows beyond this.</summary>
    [Range(64 * 1024, 256 * 1024 * 1024, ErrorMessage = "Journal:SegmentBytes must be 65536 to 268435456.")]
    public int SegmentBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>A segment with facts is closed when it is this old, so that it can be compared with the store.</summary>
    public TimeSpan SegmentAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many requests are kept in memory while the disk refuses to write; beyond them new work is refused.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Journal:RingCapacity must be 1 to 1000000.")]
    public int RingCapacity { get; set; } = 10_000;

    /// <summary>How long a segment is kept at least, however early the store confirms it; it should be longer than the time between two backups.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Above so many bytes confirmed segments are removed before their time, the oldest first: a full disk would refuse requests, while what they are kept for is only a backup that is older
    /// than they are. What the store has not confirmed is kept whatever it takes.
    /// </summary>
    [Range(64L * 1024 * 1024, 1L << 50, ErrorMessage = "Journal:MaximumBytes must be 67108864 (64 MiB) to 1125899906842624 (1 PiB).")]
    public long MaximumBytes { get; set; } = 8L << 30;

    /// <summary>Facts that the bus has taken, but the store does not have, are sent again after this long without any progress.</summary>
    public TimeSpan RepublishAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, JournalOptions options)
    {
        var faults = new List<string>();
        Check(options.SegmentAge >= TimeSpan.FromSeconds(1) && options.SegmentAge <= TimeSpan.FromHours(1), "Journal:SegmentAge must be one second to one hour.");
        Check(options.Retention >= TimeSpan.Zero && options.Retention <= TimeSpan.FromDays(90), "Journal:Retention must be 0 to 90 days.");
        Check(options.RepublishAfter >= TimeSpan.FromSeconds(5) && options.RepublishAfter <= TimeSpan.FromDays(1), "Journal:RepublishAfter must be five seconds to one day.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Check(bool good, string message)
        {
            if (!good)
            {
                faults.Add(message);
            }
        }
    }
}
