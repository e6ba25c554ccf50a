namespace GeminiBalance.LocalEngine;

/// <summary>Folders and files that only their owner can read.</summary>
internal static class PrivateFiles
{
    public const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    public const UnixFileMode PlainFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path) && File.GetUnixFileMode(path) != FolderMode) File.SetUnixFileMode(path, FolderMode);
        Directory.CreateDirectory(path, FolderMode);
    }

    /// <summary>Replaces a file in one step, so that a reader never sees half of it.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var next = path + ".next";
        File.Delete(next);
        using (var file = new FileStream(next, new FileStreamOptions
        {
            Mode = System.IO.FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = PlainFileMode,
        }))
        {
            file.Write(content);
        }

        File.Move(next, path, overwrite: true);
    }
}
