using System.Buffers;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>The names functions may have.</summary>
internal static class FunctionNames
{
    /// <summary>The rule in words.</summary>
    public const string Rule = "use 1 to 128 letters, digits, dots, colons, dashes and underscores.";

    private const int Longest = 128;
    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:");

    /// <summary>Whether a name may be used.</summary>
    public static bool IsValid(string name) => name.Length is > 0 and <= Longest && !name.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>The name as Gemini takes it: one that begins with a digit, dot, colon or dash gets an underscore before it.</summary>
    public static string ForGemini(string name) => char.IsAsciiLetter(name[0]) || name[0] == '_' ? name : "_" + name;

    /// <summary>The client's name of a function that Gemini calls.</summary>
    /// <param name="called">The name Gemini used.</param>
    /// <param name="functions">The client's functions.</param>
    public static string ForClient(string called, IReadOnlyList<FunctionTool> functions)
    {
        if (called.Length > 1 && called[0] == '_')
        {
            for (var i = 0; i < functions.Count; i++)
            {
                if (functions[i].Name.AsSpan().SequenceEqual(called.AsSpan(1)) && ForGemini(functions[i].Name) == called)
                {
                    return functions[i].Name;
                }
            }
        }

        return called;
    }
}
