using System.Text;

namespace GeminiBalance.ProxyService.Tests;

/// <summary>Recorded answers of Gemini.</summary>
internal static class Recorded
{
    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", "gemini", name));

    public static string Text(string name) => Encoding.UTF8.GetString(Bytes(name));

    public static IEnumerable<string> Names(string pattern)
    {
        var root = Path.Combine(AppContext.BaseDirectory, "Fixtures", "gemini");
        return Directory.EnumerateFiles(root, pattern, SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file).Replace('\\', '/')).Order(StringComparer.Ordinal);
    }
}
