using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GeminiBalance.Cli;

/// <summary>What a backup says of itself.</summary>
/// <param name="Format">Version of the archive's form.</param>
/// <param name="Version">Version of GeminiBalance that wrote it.</param>
/// <param name="CreatedAt">The moment it shows (UTC).</param>
/// <param name="Postgres">Version of PostgreSQL.</param>
/// <param name="Profile"><c>up</c> or <c>demo</c>.</param>
/// <param name="Epoch">The pool's epoch then; a restored database gets a new one.</param>
/// <param name="KeyCheck">Derived from the encryption key and of no use but to recognise it.</param>
/// <param name="DumpBytes">Size of the dump.</param>
/// <param name="DumpSha256">Checksum of the dump.</param>
internal sealed record BackupManifest(int Format, string Version, DateTimeOffset CreatedAt, string Postgres, string Profile, string Epoch, string KeyCheck, long DumpBytes, string DumpSha256);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupJson : JsonSerializerContext;

/// <summary>A backup file: a tar archive with <c>manifest.json</c> and <c>database.dump</c>, which pg_restore reads too.</summary>
internal static class BackupArchive
{
    /// <summary>The form this version writes and reads.</summary>
    public const int Format = 1;

    private const string ManifestName = "manifest.json";
    private const string DumpName = "database.dump";

    /// <summary>What the encryption key is recognised by; the key itself is never in a backup.</summary>
    public static string KeyCheck(string encryptionKey) =>
        Convert.ToHexStringLower(HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(encryptionKey), 32, info: "geminibalance backup"u8.ToArray()));

    /// <summary>Writes an archive.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="manifest">What it says of itself.</param>
    /// <param name="dump">The dump, from its beginning.</param>
    public static async Task WriteAsync(Stream target, BackupManifest manifest, Stream dump)
    {
        await using var tar = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true);
        using var text = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(manifest, BackupJson.Default.BackupManifest));
        foreach (var (name, data) in new (string, Stream)[] { (ManifestName, text), (DumpName, dump) })
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = data,
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                ModificationTime = manifest.CreatedAt,
            }).ConfigureAwait(false);
        }
    }

    /// <summary>Reads an archive to its end and checks it.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="CliException">It is none, is of a later version, or was cut off or changed.</exception>
    public static async Task<BackupManifest> CheckAsync(string file)
    {
        var (manifest, bytes, checksum) = (default(BackupManifest), 0L, "");
        await ReadAsync(file, async (found, dump) =>
        {
            (manifest, bytes) = (found, dump.Length);
            checksum = Convert.ToHexStringLower(await SHA256.HashDataAsync(dump).ConfigureAwait(false));
        }).ConfigureAwait(false);
        return manifest!.DumpBytes == bytes && manifest.DumpSha256 == checksum ? manifest : throw new CliException($"{file} is damaged: its dump is not the one its manifest names. Nothing was changed.");
    }

    /// <summary>Reads an archive.</summary>
    /// <param name="file">The file.</param>
    /// <param name="read">Gets the manifest and the dump.</param>
    /// <exception cref="CliException">It is none, is of a later version, or was cut off.</exception>
    public static async Task ReadAsync(string file, Func<BackupManifest, Stream, Task> read)
    {
        if (!File.Exists(file))
        {
            throw new CliException($"There is no file {file}.");
        }

        try
        {
            await using var stream = File.OpenRead(file);
            await using var tar = new TarReader(stream);
            if (await tar.GetNextEntryAsync().ConfigureAwait(false) is not { Name: ManifestName, DataStream: { } text }
                || JsonSerializer.Deserialize(text, BackupJson.Default.BackupManifest) is not { } manifest)
            {
                throw new InvalidDataException();
            }

            if (manifest.Format != Format)
            {
                throw new CliException($"{file} was written by GeminiBalance {manifest.Version} in form {manifest.Format}, which this version does not read.");
            }

            if (await tar.GetNextEntryAsync().ConfigureAwait(false) is not { Name: DumpName, DataStream: { } dump })
            {
                throw new InvalidDataException();
            }

            await read(manifest, dump).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or JsonException or FormatException or OverflowException)
        {
            throw new CliException($"{file} is no backup of GeminiBalance, or was cut off. Nothing was changed.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliException($"{file} cannot be read: it belongs to another user.");
        }
    }
}
