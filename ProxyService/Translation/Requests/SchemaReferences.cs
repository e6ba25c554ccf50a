using System.Text.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Follows the references of one schema whose targets are written out in their place.</summary>
/// <param name="pointers">Finds the targets.</param>
/// <param name="field">Where the schema stands in the request.</param>
/// <param name="allowance">How much may be repeated.</param>
internal sealed class SchemaReferences(JsonPointers pointers, string field, SchemaAllowance allowance)
{
    private const int MostFollowed = 200;

    private int followed;

    /// <summary>Follows a reference; no more often than a schema somebody wrote by hand could need.</summary>
    /// <param name="pointer">The reference.</param>
    /// <returns>Its target; null when it leads nowhere, or is one too many.</returns>
    /// <exception cref="RequestRefusedException">What the references repeat grows too large.</exception>
    public JsonElement? Follow(string pointer)
    {
        if (!pointer.StartsWith('#') || followed++ >= MostFollowed || pointers.Resolve(pointer) is not { } target)
        {
            return null;
        }

        return allowance.MayRepeat(target)
            ? target
            : throw new RequestRefusedException(OpenAiError.InvalidValue(field, $"Invalid '{field}': the references of the request's schemas repeat more than {SchemaAllowance.MostRepeatedBytes / (1024 * 1024)} MiB. Put what is used often under '$defs'."));
    }
}
