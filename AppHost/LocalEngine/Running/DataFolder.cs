using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace GeminiBalance.LocalEngine;

/// <summary>The folder of one running application, held by a lock while it runs.</summary>
internal sealed class DataFolder : IDisposable
{
    private const string LockName = "lock";
    // Beside the lock, which nobody else can read while it is held.
    private const string HolderName = "pid";
    private readonly FileStream _lock;
    private readonly List<string> _outside = [];

    private DataFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    /// <summary>Creates the folder if need be and takes its lock.</summary>
    /// <exception cref="DistributedApplicationException">Another AppHost holds it, it is somebody else's, or it is used for something else.</exception>
    public static DataFolder Open(string path)
    {
        try
        {
            if (File.Exists(path)) throw new DistributedApplicationException($"DataFolder is {path}, which is a file.");
            var lockFile = System.IO.Path.Combine(path, LockName);
            if (Directory.Exists(path) && !File.Exists(lockFile) && Directory.EnumerateFileSystemEntries(path).Any())
                throw new DistributedApplicationException($"DataFolder is {path}, which holds other things: name an empty or a new folder.");
            PrivateFiles.CreateFolder(path);
            return new DataFolder(path, TakeLock(path, lockFile));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DistributedApplicationException($"DataFolder is {path}, which user {Environment.UserName} may not use: name another one, or start as its owner.", e);
        }
        catch (IOException e)
        {
            throw new DistributedApplicationException($"DataFolder is {path}, which cannot be used: {e.Message}", e);
        }
    }

    public string FolderOf(string resource)
    {
        var folder = System.IO.Path.Combine(Path, resource);
        PrivateFiles.CreateFolder(folder);
        return folder;
    }

    public string LogOf(string resource) => System.IO.Path.Combine(FolderOf(resource), "log.txt");

    /// <summary>A folder outside, for a server whose user cannot get into this one. It is deleted with this one.</summary>
    public string OutsideFolder()
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path)))[..16];
        var folder = "/var/tmp/gemini-balance-" + hash;
        _outside.Add(folder);
        return folder;
    }

    public void Delete()
    {
        foreach (var folder in _outside.Append(Path).Where(Directory.Exists)) Directory.Delete(folder, recursive: true);
    }

    public void Dispose()
    {
        if (!_lock.SafeFileHandle.IsClosed && Directory.Exists(Path)) File.Delete(System.IO.Path.Combine(Path, HolderName));
        _lock.Dispose();
    }

    private static FileStream TakeLock(string path, string lockFile)
    {
        FileStream file;
        try
        {
            // Without sharing, the file is held by flock until it is closed or the process is gone.
            file = new FileStream(lockFile, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = PrivateFiles.PlainFileMode,
            });
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            throw new DistributedApplicationException(
                $"The data folder {path} is in use by another AppHost{Holder(path)}: stop it, or name another folder with DataFolder.", e);
        }

        PrivateFiles.Write(System.IO.Path.Combine(path, HolderName), Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        return file;
    }

    private static string Holder(string path)
    {
        try
        {
            var pid = File.ReadAllText(System.IO.Path.Combine(path, HolderName));
            return pid.Length is > 0 and < 12 && pid.All(char.IsAsciiDigit) ? $" (process {pid})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
