using System.Globalization;
using System.Security.Cryptography;

namespace GeminiBalance.Cli;

/// <summary><c>./gb backup</c>: everything PostgreSQL holds (events, views, encrypted keys, operators), as of one moment, in one file.</summary>
internal static class BackupVerb
{
    /// <summary>Writes a backup of a running system.</summary>
    /// <param name="system">The system.</param>
    /// <param name="file">The file; one that exists is not touched.</param>
    /// <param name="output">Where to say what is done.</param>
    /// <param name="time">The clock.</param>
    public static async Task<int> RunAsync(RunningSystem system, string file, TextWriter output, TimeProvider time)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (!Directory.Exists(folder))
        {
            throw new CliException($"There is no folder {folder}.");
        }

        if (Path.Exists(file))
        {
            throw new CliException($"{file} is there already, and is not replaced: name another file.");
        }

        var (part, dumped) = (file + ".partial", file + ".dump");
        try
        {
            var manifest = await WriteAsync(system, part, dumped, time).ConfigureAwait(false);
            File.Move(part, file);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{file}: {new FileInfo(file).Length / 1e6:0.0} MB, as of {manifest.CreatedAt:yyyy-MM-ddTHH:mm:ssZ}. The encryption key is not in it: keep that apart, for without it the stored keys cannot be read."));
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{file} cannot be written: {e.Message}");
        }
        finally
        {
            File.Delete(part);
            File.Delete(dumped);
        }
    }

    private static async Task<BackupManifest> WriteAsync(RunningSystem system, string part, string dumped, TimeProvider time)
    {
        var postgres = new PostgresTools(system);
        var key = system.Parameter(ParameterFile.EncryptionKey);
        var about = (await postgres.QueryAsync(PostgresTools.Database, "select epoch, current_setting('server_version') from keys.pool").ConfigureAwait(false)).Split('|');
        var at = time.GetUtcNow();
        await using var dump = PrivateFile.Create(dumped);
        await postgres.RunAsync("pg_dump", ["--format=custom", "--no-owner", "--dbname=" + PostgresTools.Database], null, dump).ConfigureAwait(false);
        dump.Position = 0;
        var checksum = Convert.ToHexStringLower(await SHA256.HashDataAsync(dump).ConfigureAwait(false));
        dump.Position = 0;
        var manifest = new BackupManifest(
            BackupArchive.Format, Announcing.Version, at, about[^1], system.State.Demo ? "demo" : "up", about[0], BackupArchive.KeyCheck(key), dump.Length, checksum);
        await using var archive = PrivateFile.Create(part);
        await BackupArchive.WriteAsync(archive, manifest, dump).ConfigureAwait(false);
        archive.Flush(flushToDisk: true);
        return manifest;
    }
}
