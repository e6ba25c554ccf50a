using Microsoft.Win32.SafeHandles;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>The few things the journal asks of a disk, in one place so that tests can let each of them fail.</summary>
internal class JournalDisk
{
    /// <summary>Creates a file only its owner may read.</summary>
    /// <param name="path">A path where nothing lies yet.</param>
    public virtual SafeFileHandle Create(string path)
    {
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return handle;
    }

    /// <summary>Writes bytes; they have reached the operating system when it returns.</summary>
    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);

    /// <summary>Waits until what was written has reached the disk.</summary>
    public virtual void Flush(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    /// <summary>Whether an exception is one that a disk causes. A file that may not grow any further (<c>EFBIG</c>) comes as an argument out of its range.</summary>
    public static bool IsFailure(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value" };
}
