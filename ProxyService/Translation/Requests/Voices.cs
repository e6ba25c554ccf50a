using System.Collections.Frozen;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Voices by the names OpenAI's clients use.</summary>
internal static class Voices
{
    private static readonly FrozenDictionary<string, string> ByName = new Dictionary<string, string>
    {
        ["alloy"] = "Kore",
        ["echo"] = "Puck",
        ["fable"] = "Aoede",
        ["onyx"] = "Charon",
        ["nova"] = "Leda",
        ["shimmer"] = "Zephyr",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gemini's voice; a name that is none of OpenAI's is taken for one of Gemini's own.</summary>
    public static string? ForGemini(string? voice) => voice is null ? null : ByName.GetValueOrDefault(voice, voice);
}
