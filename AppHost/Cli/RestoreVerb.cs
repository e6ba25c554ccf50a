using System.Globalization;

namespace GeminiBalance.Cli;

/// <summary><c>./gb restore</c>. The script stops what runs and starts the database alone; here is what is done to it.</summary>
internal static class RestoreVerb
{
    /// <summary>The environment variable with the encryption key.</summary>
    public const string KeySetting = "Parameters__encryption_key";

    private const string Fresh = PostgresTools.Database + "_restored";
    private const string Replaced = PostgresTools.Database + "_replaced";

    /// <summary>Prints whose data a backup is, <c>up</c> or <c>demo</c>: it decides the data folder when none is named.</summary>
    /// <param name="file">The backup.</param>
    /// <param name="output">Gets the profile.</param>
    public static async Task<int> ProfileAsync(string file, TextWriter output)
    {
        await BackupArchive.ReadAsync(file, (manifest, _) => output.WriteLineAsync(manifest.Profile)).ConfigureAwait(false);
        return 0;
    }

    /// <summary>Checks the file and the encryption key, before anything is stopped or changed.</summary>
    /// <param name="folder">The data folder; need not exist.</param>
    /// <param name="file">The backup.</param>
    public static async Task<int> CheckAsync(string folder, string file)
    {
        var manifest = await BackupArchive.CheckAsync(file).ConfigureAwait(false);
        CheckKey(folder, manifest, Environment.GetEnvironmentVariable(KeySetting));
        return 0;
    }

    /// <summary>Whether the keys in a backup can be read by the system that is to get them.</summary>
    /// <param name="folder">The data folder; need not exist.</param>
    /// <param name="manifest">The backup.</param>
    /// <param name="given">The encryption key given for this run; null for none.</param>
    /// <exception cref="CliException">They cannot.</exception>
    internal static void CheckKey(string folder, BackupManifest manifest, string? given)
    {
        var key = string.IsNullOrEmpty(given) ? ParameterFile.Kept(folder, ParameterFile.EncryptionKey) : given;
        if (key is null)
        {
            throw new CliException($"The backup needs the encryption key it was made under, and {folder} has none: set {KeySetting} to it. Nothing was changed.");
        }

        if (BackupArchive.KeyCheck(key) != manifest.KeyCheck)
        {
            throw new CliException($"The encryption key {(string.IsNullOrEmpty(given) ? "of " + folder : "in " + KeySetting)} is not the one the backup was made under: set {KeySetting} to that one. Nothing was changed.");
        }
    }

    /// <summary>Puts a backup in the place of the database. Until all of it is there, what was there before stays.</summary>
    /// <param name="system">A system of which the database alone runs.</param>
    /// <param name="folder">Its data folder.</param>
    /// <param name="file">The backup.</param>
    /// <param name="force">Whether data that is there already may be replaced.</param>
    /// <param name="given">The encryption key given for this run, which is kept once the backup is in its place; null for none.</param>
    /// <param name="output">Where to say what is done.</param>
    public static async Task<int> RunAsync(RunningSystem system, string folder, string file, bool force, string? given, TextWriter output)
    {
        var postgres = new PostgresTools(system);
        var holds = await postgres.QueryAsync(PostgresTools.Database, "select count(*) from information_schema.schemata where schema_name in ('keys', 'stats', 'identity')").ConfigureAwait(false);
        if (holds != "0" && !force)
        {
            throw new CliException($"{folder} holds data already, which the backup would replace: say --force, or name another folder with --data. Nothing was changed.");
        }

        var (at, check, epoch) = (default(DateTimeOffset), "", Guid.CreateVersion7());
        await postgres.QueryAsync("postgres", $"drop database if exists {Fresh} with (force)").ConfigureAwait(false);
        await postgres.QueryAsync("postgres", $"create database {Fresh}").ConfigureAwait(false);
        try
        {
            await BackupArchive.ReadAsync(file, async (manifest, dump) =>
            {
                (at, check) = (manifest.CreatedAt, manifest.KeyCheck);
                await postgres.RunAsync("pg_restore", ["--no-owner", "--exit-on-error", "--dbname=" + Fresh], dump, Stream.Null).ConfigureAwait(false);
            }).ConfigureAwait(false);

            // What Redis and the gateways know is of another database from now on: they ask for all of it, and state anew what they had stored.
            await postgres.QueryAsync(Fresh, $"update keys.pool set epoch = '{epoch}'; update stats.store set name = '{epoch}'; analyze").ConfigureAwait(false);
        }
        catch (CliException)
        {
            await postgres.QueryAsync("postgres", $"drop database if exists {Fresh} with (force)").ConfigureAwait(false);
            throw;
        }

        await postgres.QueryAsync("postgres", $"drop database if exists {Replaced} with (force)").ConfigureAwait(false);

        // Both or none, for they go as one transaction: without a database of that name the next start would begin with an empty one.
        await postgres.QueryAsync("postgres", $"alter database {PostgresTools.Database} rename to {Replaced}; alter database {Fresh} rename to {PostgresTools.Database}").ConfigureAwait(false);
        if (!string.IsNullOrEmpty(given) && BackupArchive.KeyCheck(given) == check)
        {
            ParameterFile.Keep(folder, ParameterFile.EncryptionKey, given);
        }

        await postgres.QueryAsync("postgres", $"drop database {Replaced} with (force)").ConfigureAwait(false);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folder} is as it was at {at:yyyy-MM-ddTHH:mm:ssZ}. Once it runs, the gateways' journals bring back the requests since then by themselves."));
        return 0;
    }
}
