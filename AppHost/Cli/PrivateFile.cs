namespace GeminiBalance.Cli;

/// <summary>Files that only their owner can read.</summary>
internal static class PrivateFile
{
    /// <summary>Creates a file, or replaces it.</summary>
    /// <param name="path">Where.</param>
    public static FileStream Create(string path)
    {
        // One that is there would keep the rights it has.
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
