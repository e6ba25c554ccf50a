using System.Globalization;
using Npgsql;

namespace GeminiBalance.LocalEngine;

/// <summary>Runs PostgreSQL from the installed binaries, as user postgres when the AppHost is root: the server refuses root.</summary>
internal sealed class PostgresProcess(PostgresServerResource resource) : IServerProcess
{
    private const string InstalledRoot = "/usr/lib/postgresql";
    private const string ServerUser = "postgres";

    private static string? RunAs => Environment.IsPrivilegedProcess ? ServerUser : null;

    public MissingProgram? FindMissing(RunContext context) =>
        BinFolder(null) is null ? new("PostgreSQL (initdb, postgres)", "postgresql") : null;

    public async Task PrepareAsync(RunContext context, CancellationToken cancellationToken)
    {
        var home = Home(context);
        var data = Path.Combine(home, "data");
        if (RunAs is not null) await PrepareOutsideAsync(context, home, cancellationToken).ConfigureAwait(false);
        else PrivateFiles.CreateFolder(home);
        if (File.Exists(Path.Combine(data, "PG_VERSION"))) return;
        var fresh = data + ".new";
        if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        var passwordFile = Path.Combine(home, "password");
        await WritePasswordAsync(context, passwordFile, cancellationToken).ConfigureAwait(false);
        try
        {
            var user = await resource.UserName.GetValueAsync(cancellationToken).ConfigureAwait(false);
            Launch init = new(
                Path.Combine(BinFolder(null)!, "initdb"),
                ["-D", fresh, "-U", user!, "--pwfile=" + passwordFile, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
                home)
            {
                RunAs = RunAs,
            };
            await context.Spawner.RunAsync(init, context.Log.Line, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(passwordFile);
        }

        // Only a complete cluster gets the name that later starts look for.
        Directory.Move(fresh, data);
    }

    public Task<Launch> DescribeAsync(RunContext context, Replica replica, CancellationToken cancellationToken)
    {
        var home = Home(context);
        var data = Path.Combine(home, "data");
        var version = File.ReadAllText(Path.Combine(data, "PG_VERSION")).Trim();
        var bin = BinFolder(version) ?? throw new DistributedApplicationException(
            $"The data in {data} was written by PostgreSQL {version}, which is not installed: install it with 'sudo apt-get install postgresql-{version}', or name another DataFolder.");
        List<string> args =
        [
            "-D", data,
            "-p", replica.Ports[resource.PrimaryEndpoint.EndpointAnnotation].ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=",
            "-c", "max_connections=300",
            "-c", "shared_buffers=96MB",
            "-c", "client_connection_check_interval=1s",
            "-c", "log_checkpoints=off",
        ];
        if (context.Settings.Ephemeral) args.AddRange(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        return Task.FromResult(new Launch(Path.Combine(bin, "postgres"), args, home)
        {
            RunAs = RunAs,
            Stop = Signal.Interrupt,
            Abort = Signal.Quit,
            OnOrphaned = Signal.Interrupt,
        });
    }

    public async Task ProbeAsync(RunContext context, Replica replica, CancellationToken cancellationToken) =>
        await ProbeAsync(resource, "postgres", cancellationToken).ConfigureAwait(false);

    public async Task OnReadyAsync(RunContext context, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(resource, "postgres", cancellationToken).ConfigureAwait(false);
        foreach (var name in resource.Databases.Values)
        {
            await using var find = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection) { Parameters = { new() { Value = name } } };
            if (await find.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not null) continue;
#pragma warning disable CA2100 // A database's name cannot be a parameter; it is quoted.
            await using var create = new NpgsqlCommand($"create database \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
#pragma warning restore CA2100
            await create.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal static async Task ProbeAsync(PostgresServerResource server, string database, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(server, database, cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand("select 1", connection);
        await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<NpgsqlConnection> OpenAsync(PostgresServerResource server, string database, CancellationToken cancellationToken)
    {
        var connectionString = new NpgsqlConnectionStringBuilder(await server.GetConnectionStringAsync(cancellationToken).ConfigureAwait(false))
        {
            Database = database,
            Pooling = false,
            Timeout = 5,
            CommandTimeout = 30,
        };
        NpgsqlConnection connection = new(connectionString.ConnectionString);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        return connection;
    }

    /// <summary>The server's user cannot get into the private folder of root.</summary>
    private static string Home(RunContext context) =>
        RunAs is null ? context.Folder : Path.Combine(context.Data.OutsideFolder(), context.Resource.Name);

    private static async Task PrepareOutsideAsync(RunContext context, string home, CancellationToken cancellationToken)
    {
        if (File.Exists(Path.Combine(context.Folder, "data", "PG_VERSION")))
            throw new DistributedApplicationException($"The data folder {context.Data.Path} was made by an ordinary user: start as that user, or name another DataFolder.");
        var parent = Path.GetDirectoryName(home)!;
        var marker = Path.Combine(context.Folder, "home");
        var known = File.Exists(marker) ? (await File.ReadAllTextAsync(marker, cancellationToken).ConfigureAwait(false)).Trim() : null;
        if (OutsideHome.Fault(known, home, marker, Directory.Exists) is { } fault) throw new DistributedApplicationException(fault);
        // Without the marker, what lies there belonged to a data folder of the same path that has been deleted.
        if (known is null && Directory.Exists(parent)) Directory.Delete(parent, recursive: true);
        foreach (var folder in (string[])[parent, home])
        {
            Launch install = new("install", ["-d", "-o", ServerUser, "-g", ServerUser, "-m", "0700", folder], "/");
            await context.Spawner.RunAsync(install, context.Log.Line, cancellationToken).ConfigureAwait(false);
        }

        PrivateFiles.Write(marker, System.Text.Encoding.UTF8.GetBytes(home + "\n"));
    }

    private async Task WritePasswordAsync(RunContext context, string file, CancellationToken cancellationToken)
    {
        var password = await resource.PasswordParameter.GetValueAsync(cancellationToken).ConfigureAwait(false);
        File.Delete(file);
        string[] owner = RunAs is null ? [] : ["-o", ServerUser, "-g", ServerUser];
        Launch install = new("install", [.. owner, "-m", "0600", "/dev/stdin", file], "/") { Input = password + "\n" };
        await context.Spawner.RunAsync(install, context.Log.Line, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Where initdb and postgres lie; with a version, those that can read its data.</summary>
    private static string? BinFolder(string? version)
    {
        var installed = Directory.Exists(InstalledRoot)
            ? Directory.GetDirectories(InstalledRoot)
                .Where(d => version is null || Path.GetFileName(d) == version)
                .OrderByDescending(d => double.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var v) ? v : 0)
                .Select(d => Path.Combine(d, "bin"))
            : [];
        // Elsewhere the folder does not tell the version; a server of another one says so itself.
        var onPath = Programs.Find("postgres") is { } program ? Path.GetDirectoryName(program) : null;
        return installed.Append(onPath).FirstOrDefault(c => c is not null && File.Exists(Path.Combine(c, "initdb")) && File.Exists(Path.Combine(c, "postgres")));
    }
}
