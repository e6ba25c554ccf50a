using System.Text;
using Microsoft.JSInterop;

namespace GeminiBalance.AdminUi.Components.Shared;

/// <summary>
/// Reads what was pasted into a field, however long: it comes in pieces, as files do. A bound value comes in one message, and one that is too long ends the connection.
/// </summary>
internal static class PastedText
{
    /// <summary>Reads a field once.</summary>
    /// <param name="script">The browser.</param>
    /// <param name="id">The field's id.</param>
    /// <param name="largest">How many bytes it may have.</param>
    /// <returns>The text; null when it is larger.</returns>
    public static async Task<string?> ReadAsync(IJSRuntime script, string id, long largest)
    {
        await using var field = await script.InvokeAsync<IJSStreamReference>("geminiBalance.text", id);
        if (field.Length == 0 || field.Length > largest)
        {
            return field.Length == 0 ? "" : null;
        }

        await using var stream = await field.OpenReadStreamAsync(largest);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
