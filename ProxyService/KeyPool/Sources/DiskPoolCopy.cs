using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.KeyPool.Sources;

/// <summary>Settings of section <c>Pool</c>.</summary>
internal sealed class PoolOptions
{
    /// <summary>Path of the encrypted copy of the pool; empty means none is kept. It lets a proxy start while Redis and KeyHealthService are away.</summary>
    public string DiskCopy { get; set; } = "";
}

/// <summary>
/// The pool on disk, encrypted and authenticated as a whole: access key hashes and states in it are as worth protecting from change as the keys.
/// The copy before the last is kept too, for when the last cannot be read.
/// </summary>
/// <param name="options">Where.</param>
/// <param name="encryption">With what.</param>
/// <param name="logger">The log.</param>
internal sealed partial class DiskPoolCopy(IOptions<PoolOptions> options, SecretEncryption encryption, ILogger<DiskPoolCopy> logger) : IPoolSource
{
    /// <summary>What the ciphertext is bound to beside its purpose: there is one copy per proxy.</summary>
    private static readonly Guid CopyId = new("5d3c6f0e-7c0b-4b62-9a55-0f1f6a4f7a11");

    private string Path => options.Value.DiskCopy;

    private string PreviousPath => Path + ".previous";

    /// <summary>Its name.</summary>
    public const string SourceName = "disk";

    /// <inheritdoc />
    public string Name => SourceName;

    /// <summary>Whether a copy is kept at all.</summary>
    public bool IsKept => Path.Length > 0;

    /// <inheritdoc />
    public async Task<PoolSnapshot?> LoadAsync(CancellationToken cancellationToken) =>
        IsKept ? await ReadAsync(Path, cancellationToken).ConfigureAwait(false) ?? await ReadAsync(PreviousPath, cancellationToken).ConfigureAwait(false) : null;

    /// <summary>Writes the copy, whole or not at all.</summary>
    /// <param name="snapshot">The pool.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task SaveAsync(PoolSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (!IsKept)
        {
            return;
        }

        try
        {
            var plain = JsonSerializer.SerializeToUtf8Bytes(snapshot, ContractsJson.Default.PoolSnapshot);
            var secret = encryption.Encrypt(CopyId, SecretPurposes.PoolDiskCopy, plain);
            var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
            Directory.CreateDirectory(folder);
            var draft = Path + ".draft";
            await using (var file = new FileStream(draft, Owned()))
            {
                await JsonSerializer.SerializeAsync(file, secret, CopyJson.Default.EncryptedSecret, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            if (File.Exists(Path))
            {
                File.Move(Path, PreviousPath, overwrite: true);
            }

            File.Move(draft, Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(Path, e.Message);
        }
    }

    private static FileStreamOptions Owned()
    {
        var owned = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            owned.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return owned;
    }

    private async Task<PoolSnapshot?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var secret = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false), CopyJson.Default.EncryptedSecret);
            return secret is null ? null : JsonSerializer.Deserialize(encryption.DecryptBytes(CopyId, SecretPurposes.PoolDiskCopy, secret), ContractsJson.Default.PoolSnapshot);
        }
        catch (Exception e) when (e is SecretUnreadableException or JsonException or IOException or UnauthorizedAccessException)
        {
            LogRefused(path, e is SecretUnreadableException ? e.Message : e.GetType().Name);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Error, "The pool's copy {Path} is refused, as if it were not there: {Reason}")]
    private partial void LogRefused(string path, string reason);

    [LoggerMessage(LogLevel.Error, "The pool's copy {Path} cannot be written: {Reason}")]
    private partial void LogNotWritten(string path, string reason);
}
