using System.ComponentModel;
using System.Runtime.InteropServices;

namespace GeminiBalance.Chaos.Running;

/// <summary>
/// Limits how long files may become that running processes write: what is beyond fails as on a full disk, in the middle of a record where it
/// happens to be. Needs no rights and no disk of its own, and is lifted at will.
/// </summary>
internal static partial class FileLimits
{
    private const int FileSize = 1;
    private const int NoSuchProcess = 3;
    private const int FileTooLong = 25;
    private const nint Ignore = 1;

    /// <summary>Lets writes beyond a limit fail; they would end the process otherwise. Holds for this process and for all it starts.</summary>
    public static void FailInsteadOfDying() => _ = Handle(FileTooLong, Ignore);

    /// <summary>Sets the limit; null lifts it.</summary>
    /// <param name="processes">Of which processes; those that have ended are passed over.</param>
    /// <param name="bytes">Bytes.</param>
    public static void Set(IEnumerable<int> processes, ulong? bytes)
    {
        foreach (var process in processes)
        {
            if (Get(process, FileSize, 0, out var limit) != 0)
            {
                continue;
            }

            limit.Current = bytes ?? limit.Most;
            if (Set(process, FileSize, in limit, 0) != 0 && Marshal.GetLastPInvokeError() is not NoSuchProcess and var error)
            {
                throw new Win32Exception(error);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "prlimit64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Get(int process, int resource, nint change, out Limit found);

    [LibraryImport("libc", EntryPoint = "prlimit64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Set(int process, int resource, in Limit change, nint found);

    [LibraryImport("libc", EntryPoint = "signal")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Handle(int signal, nint handler);

    private struct Limit
    {
        public ulong Current;
        public ulong Most;
    }
}
