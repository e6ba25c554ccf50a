using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>Long texts in fields.</summary>
internal static class Pasting
{
    /// <summary>Puts a text into a field at once: typed as by a hand, thousands of lines take minutes.</summary>
    public static Task PasteAsync(this ILocator field, string text) => field.EvaluateAsync(
        "(field, text) => { field.value = text; field.dispatchEvent(new Event('input', { bubbles: true })); field.dispatchEvent(new Event('change', { bubbles: true })); }", text);
}
