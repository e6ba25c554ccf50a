using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>What the model may call, and what it must.</summary>
internal sealed class ToolSettings
{
    /// <summary>The functions of the client.</summary>
    public List<FunctionTool> Functions { get; } = [];

    /// <summary>Whether they came as <c>functions</c>: then calls go back as <c>function_call</c>.</summary>
    public bool IsOlderForm { get; set; }

    /// <summary>Tools that Google runs itself.</summary>
    public BuiltInTools BuiltIn { get; set; }

    /// <summary><c>tool_choice</c>.</summary>
    public ToolChoice Choice { get; set; } = new ToolChoice.Auto();

    /// <summary><c>parallel_tool_calls</c>: false means one call per answer.</summary>
    public bool Parallel { get; set; } = true;

    /// <summary>Takes functions that are called like Google's own tools for these.</summary>
    public void TakeBuiltInsByName()
    {
        Functions.RemoveAll(function =>
        {
            var tool = OfName(function.Name);
            BuiltIn |= tool;
            return tool != BuiltInTools.None;
        });
        Choice = Choice switch
        {
            // Only functions can be demanded.
            ToolChoice.Required when Functions.Count == 0 => new ToolChoice.Auto(),
            ToolChoice.Only only when only.Names.Any(name => OfName(name) != BuiltInTools.None) =>
                only.Names.Where(name => OfName(name) == BuiltInTools.None).ToList() is { Count: > 0 } left ? only with { Names = left } : new ToolChoice.Auto(),
            _ => Choice,
        };
    }

    private static BuiltInTools OfName(string name) => name switch
    {
        "googleSearch" => BuiltInTools.Search,
        "codeExecution" => BuiltInTools.CodeExecution,
        "urlContext" => BuiltInTools.UrlContext,
        _ => BuiltInTools.None,
    };
}

/// <summary>A function of the client.</summary>
/// <param name="Field">Where it stands in the request.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">JSON schema of its arguments; null when it takes none.</param>
internal sealed record FunctionTool(string Field, string Name, string? Description, JsonElement? Parameters);

/// <summary>Tools that Google runs itself.</summary>
[Flags]
internal enum BuiltInTools
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>googleSearch</c>.</summary>
    Search = 1,

    /// <summary><c>codeExecution</c>.</summary>
    CodeExecution = 2,

    /// <summary><c>urlContext</c>.</summary>
    UrlContext = 4,

    /// <summary><c>googleMaps</c>.</summary>
    Maps = 8,
}

/// <summary>What <c>tool_choice</c> says.</summary>
internal abstract record ToolChoice
{
    private ToolChoice()
    {
    }

    /// <summary>The model decides.</summary>
    internal sealed record Auto : ToolChoice;

    /// <summary>No call.</summary>
    internal sealed record None : ToolChoice;

    /// <summary>At least one call.</summary>
    internal sealed record Required : ToolChoice;

    /// <summary>Some of the functions only.</summary>
    /// <param name="Names">Which.</param>
    /// <param name="MustCall">Whether at least one must be called.</param>
    internal sealed record Only(IReadOnlyList<string> Names, bool MustCall) : ToolChoice;
}

/// <summary>What <c>response_format</c> demands beyond free text.</summary>
internal abstract record ResponseFormat
{
    private ResponseFormat()
    {
    }

    /// <summary>Any JSON object.</summary>
    internal sealed record JsonObject : ResponseFormat;

    /// <summary>JSON that follows a schema.</summary>
    /// <param name="Schema">The schema.</param>
    /// <param name="Field">Where it stands in the request.</param>
    internal sealed record JsonSchema(JsonElement Schema, string Field) : ResponseFormat;
}
