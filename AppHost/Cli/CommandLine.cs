using System.Globalization;

namespace GeminiBalance.Cli;

/// <summary>Reads the command line of the program behind <c>./gb</c>; the script has read the verb and the data folder before.</summary>
internal static class CommandLine
{
    private const int Misused = 2;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(4);

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            return await DispatchAsync(args, output).ConfigureAwait(false);
        }
        catch (CliException e)
        {
            await error.WriteLineAsync($"gb: {e.Message}").ConfigureAwait(false);
            return e.ExitCode;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"gb: A file could not be read or written: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<int> DispatchAsync(string[] args, TextWriter output)
    {
        if (args is not [var folder, .. var rest])
        {
            throw new CliException("The data folder is missing.", Misused);
        }

        switch (rest)
        {
            case ["ready", var pid]:
                await RunningSystem.ReadyAsync(folder, int.Parse(pid, CultureInfo.InvariantCulture), StartTimeout).ConfigureAwait(false);
                return 0;
            case ["announce", var form, var stop]:
                var announcement = await Announcing.PrepareAsync(RunningSystem.On(folder)).ConfigureAwait(false);
                await output.WriteLineAsync(form == "json" ? Banner.Json(announcement) : Banner.Text(announcement, form == "zh", stop)).ConfigureAwait(false);
                return 0;
            case ["running"]:
                return RunningSystem.TryOn(folder) is { } running ? Print(output, running.State.Pid) : 1;
            case ["version"]:
                await output.WriteLineAsync($"GeminiBalance {Announcing.Version}").ConfigureAwait(false);
                return 0;
            case ["status"]:
                return Verbs.Status(RunningSystem.On(folder), output);
            case ["keys", .. var words]:
                return await KeyVerbs.RunAsync(RunningSystem.On(folder), words, output).ConfigureAwait(false);
            case ["access-keys", .. var words]:
                return await AccessKeyVerbs.RunAsync(RunningSystem.On(folder), words, output).ConfigureAwait(false);
            case ["settings", .. var words]:
                return await SettingsVerbs.RunAsync(RunningSystem.On(folder), words, output).ConfigureAwait(false);
            case ["models", .. var words]:
                return await ModelVerbs.RunAsync(RunningSystem.On(folder), words, output).ConfigureAwait(false);
            case ["jobs", .. var words]:
                return await JobVerbs.RunAsync(RunningSystem.On(folder), words, output).ConfigureAwait(false);
            case ["usage", .. var options]:
                var request = UsageRequest.Read(options);
                return await UsageVerb.RunAsync(RunningSystem.On(folder), request, output).ConfigureAwait(false);
            case ["rebuild-projections"]:
                return await StoreVerbs.RebuildAsync(RunningSystem.On(folder), null, output).ConfigureAwait(false);
            case ["rebuild-projections", var view]:
                return await StoreVerbs.RebuildAsync(RunningSystem.On(folder), view, output).ConfigureAwait(false);
            case ["replay"]:
                return await StoreVerbs.ReplayAsync(RunningSystem.On(folder), output).ConfigureAwait(false);
            case ["backup", var file]:
                return await BackupVerb.RunAsync(RunningSystem.On(folder), file, output, TimeProvider.System).ConfigureAwait(false);
            case ["backup-profile", var file]:
                return await RestoreVerb.ProfileAsync(file, output).ConfigureAwait(false);
            case ["restore-check", var file]:
                return await RestoreVerb.CheckAsync(folder, file).ConfigureAwait(false);
            case ["restore", var file, .. var force] when force is [] or ["--force"]:
                return await RestoreVerb.RunAsync(
                    RunningSystem.On(folder), folder, file, force.Length > 0, Environment.GetEnvironmentVariable(RestoreVerb.KeySetting), output).ConfigureAwait(false);
            case ["doctor"]:
                return await Doctor.RunAsync(folder, output).ConfigureAwait(false);
            case ["password"]:
                return await Verbs.PasswordAsync(RunningSystem.On(folder), output).ConfigureAwait(false);
            default:
                throw new CliException($"'{string.Join(' ', rest)}' is not complete or not known; see ./gb help.", Misused);
        }
    }

    private static int Print(TextWriter output, int pid)
    {
        output.WriteLine(pid);
        return 0;
    }

    /// <summary>A number of minutes, hours or days: <c>15m</c>, <c>24h</c>, <c>7d</c>.</summary>
    internal static TimeSpan ParseRange(string text)
    {
        var unit = text.Length > 1 ? text[^1] : ' ';
        if (!int.TryParse(text.AsSpan(0, Math.Max(text.Length - 1, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 10_000 || unit is not ('m' or 'h' or 'd'))
        {
            throw new CliException($"'{text}' is no range; write minutes, hours or days, as in 15m, 24h or 7d.", Misused);
        }

        return unit switch { 'm' => TimeSpan.FromMinutes(number), 'h' => TimeSpan.FromHours(number), _ => TimeSpan.FromDays(number) };
    }
}
