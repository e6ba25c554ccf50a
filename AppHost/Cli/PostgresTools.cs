using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace GeminiBalance.Cli;

/// <summary>PostgreSQL's own programs, against the server of a running system.</summary>
internal sealed class PostgresTools
{
    /// <summary>The database of all services.</summary>
    public const string Database = "geminibalance";

    private const string InstalledRoot = "/usr/lib/postgresql";
    private const int LongestComplaint = 300;

    private readonly Uri address;
    private readonly string password;

    /// <summary>Programs against the server of a system.</summary>
    /// <exception cref="CliException">The server does not run.</exception>
    public PostgresTools(RunningSystem system)
    {
        address = system.State.Resources.FirstOrDefault(resource => resource.Name == "postgres")?.Endpoints?.GetValueOrDefault("tcp") is { } tcp
            ? new Uri(tcp)
            : throw new CliException("PostgreSQL has no address yet; see ./gb status.");
        password = system.Parameter("postgres-password");
    }

    /// <summary>Runs SQL and returns what it prints: rows as lines, columns separated by <c>|</c>.</summary>
    /// <param name="database">The database.</param>
    /// <param name="sql">The statements.</param>
    /// <exception cref="CliException">It failed.</exception>
    public async Task<string> QueryAsync(string database, string sql)
    {
        using var printed = new MemoryStream();
        await RunAsync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql], null, printed).ConfigureAwait(false);
        return System.Text.Encoding.UTF8.GetString(printed.ToArray()).Trim();
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="arguments">Its arguments; never a secret.</param>
    /// <param name="input">What it reads; null for nothing.</param>
    /// <param name="output">Gets what it prints.</param>
    /// <exception cref="CliException">It is not installed, or failed.</exception>
    public async Task RunAsync(string program, string[] arguments, Stream? input, Stream output)
    {
        var start = new ProcessStartInfo(Find(program), arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PGHOST"] = address.Host;
        start.Environment["PGPORT"] = address.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = "postgres";
        start.Environment["PGPASSWORD"] = password;
        start.Environment["PGCONNECT_TIMEOUT"] = "10";
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new CliException($"{program} is missing. Install it with: sudo apt-get install postgresql-client");
        }

        using (process)
        {
            var complaint = process.StandardError.ReadToEndAsync();
            var printing = process.StandardOutput.BaseStream.CopyToAsync(output);
            await FeedAsync(process, input).ConfigureAwait(false);
            try
            {
                await printing.ConfigureAwait(false);
            }
            catch (IOException e)
            {
                // It would wait for ever for a reader.
                process.Kill();
                throw new CliException($"What {program} printed could not be written: {e.Message}");
            }

            await process.WaitForExitAsync().ConfigureAwait(false);
            if (process.ExitCode != 0)
            {
                var said = (await complaint.ConfigureAwait(false)).Split('\n').FirstOrDefault(line => line.Contains("rror", StringComparison.Ordinal) || line.Contains("FATAL", StringComparison.Ordinal)) ?? "it does not say why.";
                throw new CliException($"{program} failed: {(said.Length > LongestComplaint ? said[..LongestComplaint] : said)}");
            }
        }
    }

    private static async Task FeedAsync(Process process, Stream? input)
    {
        try
        {
            if (input is not null)
            {
                await input.CopyToAsync(process.StandardInput.BaseStream).ConfigureAwait(false);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read everything: its exit code tells why.
        }
    }

    /// <summary>The newest one installed: it reads what older servers wrote.</summary>
    private static string Find(string program) => Directory.Exists(InstalledRoot)
        ? Directory.GetDirectories(InstalledRoot)
            .OrderByDescending(folder => double.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin", program))
            .FirstOrDefault(File.Exists, program)
        : program;
}
