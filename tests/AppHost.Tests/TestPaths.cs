using System.Reflection;

namespace GeminiBalance.AppHost.Tests;

internal static class TestPaths
{
    public static string RepositoryRoot => Metadata("RepositoryRoot");

    public static string MiniHost => Metadata("MiniHost");

    private static string Metadata(string key) =>
        typeof(TestPaths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}

/// <summary>A folder of one test, gone after it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("gemini-balance-apphost-tests-").FullName;

    public string Path { get; }

    /// <summary>A path in it where nothing is yet.</summary>
    public string New(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
