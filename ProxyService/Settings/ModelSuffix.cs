using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.ProxyService.Settings;

/// <summary>Suffixes of model names that ask for something: <c>-search</c>, <c>-nothinking</c>, <c>-maxthinking</c>, together in any order.</summary>
internal static class ModelSuffix
{
    /// <summary>Splits a name.</summary>
    /// <param name="name">A model's name, suffixes included.</param>
    public static (string Model, bool Search, ReasoningEffort? Thinking) Split(string name)
    {
        var search = false;
        ReasoningEffort? thinking = null;
        while (true)
        {
            if (TryCut(ref name, ModelSuffixes.Search))
            {
                search = true;
            }
            else if (TryCut(ref name, ModelSuffixes.NoThinking) || TryCut(ref name, ModelSuffixes.NonThinking))
            {
                thinking ??= ReasoningEffort.None;
            }
            else if (TryCut(ref name, ModelSuffixes.MostThinking))
            {
                thinking ??= ReasoningEffort.ExtraHigh;
            }
            else
            {
                return (name, search, thinking);
            }
        }
    }

    private static bool TryCut(ref string name, string suffix)
    {
        if (name.Length <= suffix.Length || !name.EndsWith(suffix, StringComparison.Ordinal))
        {
            return false;
        }

        name = name[..^suffix.Length];
        return true;
    }
}
