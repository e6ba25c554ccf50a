namespace GeminiBalance.LocalEngine;

/// <summary>Finds installed programs.</summary>
internal static class Programs
{
    public static string? Find(string name, params ReadOnlySpan<string> alsoIn)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        foreach (var folder in folders)
        {
            if (File.Exists(Path.Combine(folder, name))) return Path.Combine(folder, name);
        }

        foreach (var folder in alsoIn)
        {
            if (File.Exists(Path.Combine(folder, name))) return Path.Combine(folder, name);
        }

        return null;
    }

    /// <summary>The program that runs .NET assemblies: the one that runs this.</summary>
    public static string DotNet()
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var host = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "dotnet"));
        return File.Exists(host) ? host : "dotnet";
    }
}
