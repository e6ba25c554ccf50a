namespace GeminiBalance.Cli.Tests;

/// <summary>The script in a clone of its own, where a stub stands in for <c>dotnet</c>: nothing is built, and what the program is asked is noted.</summary>
internal sealed class ScriptClone : IDisposable
{
    private const string Stub = """
        #!/bin/sh
        case $1 in
          --list-sdks) echo '10.0.100 [/sdk]'; exit ;;
          build) exit ;;
        esac
        here=$(dirname "$0")
        shift
        (IFS='|'; printf '%s\n' "$*" >>"$here/asked")
        [ ! -f "$here/$2.says" ] || cat "$here/$2.says"
        [ -f "$here/$2.says" ]
        """;

    private readonly TemporaryFolder folder = new();

    public ScriptClone()
    {
        foreach (var source in (string[])["AppHost/Cli/Program.cs", "ServiceDefaults/Contracts/Keys.cs", "Directory.Build.props", "Directory.Packages.props", "global.json", "bin/dotnet"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(In(source))!);
            File.WriteAllText(In(source), Stub);
        }

        File.SetUnixFileMode(In("bin/dotnet"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Copy(Path.Combine(Script.Root, "gb"), In("gb"));
    }

    /// <summary>What the program was asked: the data folder, the verb and what follows it, separated by <c>|</c>.</summary>
    public IReadOnlyList<string> Asked => File.Exists(In("bin/asked")) ? File.ReadAllLines(In("bin/asked")) : [];

    public string In(string path) => folder.In(path);

    /// <summary>Sets what the program prints for a verb; for others it fails without a word.</summary>
    public void Says(string verb, string text) => File.WriteAllText(In($"bin/{verb}.says"), text);

    /// <summary>Makes a data folder, as a system left it.</summary>
    /// <param name="name">Its name in the clone.</param>
    /// <param name="profile"><c>up</c> or <c>demo</c>.</param>
    /// <param name="files">Other files in it.</param>
    public void AddData(string name, string profile, params string[] files)
    {
        Directory.CreateDirectory(In(name));
        File.WriteAllText(In($"{name}/profile"), profile + "\n");
        foreach (var file in files.Append("lock")) File.WriteAllText(In($"{name}/{file}"), "");
    }

    public Task<ScriptResult> GbAsync(params string[] args) => GbFromAsync(".", args);

    /// <summary>Runs it for a caller who stands elsewhere.</summary>
    public Task<ScriptResult> GbFromAsync(string place, params string[] args) =>
        Script.RunAsync(["bash", "-c", "cd \"$1\" && exec bash \"$0\" \"${@:2}\"", In("gb"), place, .. args], ("PATH", In("bin") + ":" + Environment.GetEnvironmentVariable("PATH")));

    public void Dispose() => folder.Dispose();
}
