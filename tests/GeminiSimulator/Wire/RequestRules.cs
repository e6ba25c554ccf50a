using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Catalogue;

namespace GeminiBalance.GeminiSimulator.Wire;

/// <summary>What Google demands of a well-formed generate request beyond its types, per model.</summary>
public static class RequestRules
{
    /// <summary>Checks a request that already fits <see cref="WireSchema"/>. Null when Google would take it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="model">The model it asks.</param>
    public static GoogleError? Check(JsonObject request, ModelProfile model) =>
        (request["cachedContent"] is null ? null : GoogleError.CacheUnknown)
        ?? ContentRules.Check(request, model)
        ?? TurnRules.Check((JsonArray)request["contents"]!, model)
        ?? GenerationRules.Check(request["generationConfig"] as JsonObject, model)
        ?? ToolRules.Check(request, model);
}
