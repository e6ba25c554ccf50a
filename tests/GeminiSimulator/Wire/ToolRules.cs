using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GeminiBalance.GeminiSimulator.Catalogue;

namespace GeminiBalance.GeminiSimulator.Wire;

/// <summary>What declared functions and built-in tools must be.</summary>
internal static partial class ToolRules
{
    public static GoogleError? Check(JsonObject request, ModelProfile model)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var builtIn = false;
        var tools = request["tools"] as JsonArray ?? [];
        for (var i = 0; i < tools.Count; i++)
        {
            var tool = (JsonObject)tools[i]!;
            builtIn |= tool.Count > (tool.ContainsKey("functionDeclarations") ? 1 : 0);
            var declarations = tool["functionDeclarations"] as JsonArray ?? [];
            for (var k = 0; k < declarations.Count; k++)
            {
                if (CheckDeclaration((JsonObject)declarations[k]!, $"tools[{i}].function_declarations[{k}]", names) is { } wrong)
                {
                    return wrong;
                }
            }
        }

        if (!model.Tools && (builtIn || names.Count > 0))
        {
            return GoogleError.InvalidArgument(builtIn ? "Search Grounding is not supported." : $"Function calling is not enabled for models/{model.Name}");
        }

        return CheckCalling(request["toolConfig"]?["functionCallingConfig"] as JsonObject, names) ?? CheckMixing(request, model, names.Count > 0, builtIn);
    }

    private static GoogleError? CheckDeclaration(JsonObject declaration, string at, HashSet<string> names)
    {
        var name = declaration["name"]?.GetValue<string>() ?? "";
        if (!FunctionName().IsMatch(name))
        {
            return Wrong(at + ".name", "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.");
        }

        if (!names.Add(name))
        {
            return GoogleError.InvalidArgument($"Duplicate function declaration found: {name}");
        }

        if (declaration["parameters"] is not JsonObject schema)
        {
            return null;
        }

        return declaration["parametersJsonSchema"] is not null
            ? Wrong(at + ".parameters", "only one of parameters and parameters_json_schema can be set.")
            : schema["type"] is { } type && type.GetValue<string>() != "OBJECT" ? Wrong(at + ".parameters", "schema should be of type OBJECT.")
            : SchemaRules.Check(schema, at + ".parameters");
    }

    private static GoogleError? CheckCalling(JsonObject? calling, HashSet<string> names)
    {
        const string at = "tool_config.function_calling_config";
        var mode = calling?["mode"]?.GetValue<string>();
        if (mode is "ANY" or "VALIDATED" && names.Count == 0)
        {
            return Wrong(at, "function calling config is set without function_declarations.");
        }

        var allowed = calling?["allowedFunctionNames"] as JsonArray ?? [];
        if (allowed.Count > 0 && mode is not ("ANY" or "VALIDATED"))
        {
            return Wrong(at + ".allowed_function_names", "should be set only when the function calling mode is ANY or VALIDATED.");
        }

        return allowed.Any(name => !names.Contains(name!.GetValue<string>())) ? Wrong(at + ".allowed_function_names", "must name declared functions.") : null;
    }

    private static GoogleError? CheckMixing(JsonObject request, ModelProfile model, bool functions, bool builtIn)
    {
        if (functions && builtIn)
        {
            if (model.Thinking != ThinkingControl.Level)
            {
                return GoogleError.InvalidArgument("Tool use with function calling is unsupported");
            }

            if ((bool?)request["toolConfig"]?["includeServerSideToolInvocations"] != true)
            {
                return GoogleError.InvalidArgument("Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.");
            }
        }

        var json = request["generationConfig"]?["responseMimeType"]?.GetValue<string>() == "application/json";
        return json && model.Thinking != ThinkingControl.Level && (functions || builtIn)
            ? GoogleError.InvalidArgument(functions ? "Function calling with a response mime type: 'application/json' is unsupported" : "Tool use with a response mime type: 'application/json' is unsupported")
            : null;
    }

    private static GoogleError Wrong(string at, string why) => GoogleError.InvalidArgument($"* GenerateContentRequest.{at}: {why}\n", at);

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_.:\-]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex FunctionName();
}
