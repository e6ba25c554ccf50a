using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads which tools there are: <c>tools</c>, and <c>functions</c> in the older form.</summary>
internal static class ToolReader
{
    /// <summary>The most tools of one request.</summary>
    public const int MaximumTools = 512;

    /// <summary>The most keywords named in a warning: a client may make up any number of them.</summary>
    private const int MostTold = 8;

    /// <summary>Reads <c>tools</c>.</summary>
    /// <param name="tools">The value.</param>
    /// <param name="request">Gets the tools.</param>
    public static void ReadTools(JsonElement tools, ChatRequest request)
    {
        var number = 0;
        foreach (var tool in Items(tools, "tools"))
        {
            var path = $"tools[{number++}]";
            if (tool.ValueKind != JsonValueKind.Object)
            {
                throw FieldReading.Refuse(OpenAiError.WrongType(path, "an object"));
            }

            if (!tool.TryGetProperty("type", out var type))
            {
                throw FieldReading.Refuse(OpenAiError.Missing($"{path}.type"));
            }

            switch (type.ValueKind == JsonValueKind.String ? type.GetString() : throw FieldReading.Refuse(OpenAiError.WrongType($"{path}.type", "a string")))
            {
                case "function":
                    Add(tool.TryGetProperty("function", out var function) ? function : throw FieldReading.Refuse(OpenAiError.Missing($"{path}.function")), $"{path}.function", request);
                    break;
                case "web_search" or "web_search_preview":
                    request.Tools.BuiltIn |= BuiltInTools.Search;
                    break;
                case "code_interpreter":
                    request.Tools.BuiltIn |= BuiltInTools.CodeExecution;
                    break;
                default:
                    throw FieldReading.Refuse(OpenAiError.InvalidValue($"{path}.type", $"Invalid '{path}.type': use function, web_search or code_interpreter."));
            }
        }
    }

    /// <summary>Reads <c>functions</c>.</summary>
    /// <inheritdoc cref="ReadTools" path="/param"/>
    public static void ReadFunctions(JsonElement functions, ChatRequest request)
    {
        var number = 0;
        foreach (var function in Items(functions, "functions"))
        {
            Add(function, $"functions[{number++}]", request);
            request.Tools.IsOlderForm = true;
        }
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement list, string field)
    {
        if (list.ValueKind == JsonValueKind.Null)
        {
            return default;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(field, "an array of objects"));
        }

        return list.GetArrayLength() > MaximumTools
            ? throw FieldReading.Refuse(OpenAiError.Invalid("array_above_max_length", $"Invalid '{field}': at most {MaximumTools} tools are supported.", field))
            : list.EnumerateArray();
    }

    private static void Add(JsonElement function, string path, ChatRequest request)
    {
        if (function.ValueKind != JsonValueKind.Object)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(path, "an object"));
        }

        var name = function.TryGetProperty("name", out var named) ? named.ValueKind == JsonValueKind.String ? named.GetString()! : throw FieldReading.Refuse(OpenAiError.WrongType($"{path}.name", "a string")) : throw FieldReading.Refuse(OpenAiError.Missing($"{path}.name"));
        if (!FunctionNames.IsValid(name))
        {
            throw FieldReading.Refuse(OpenAiError.InvalidValue($"{path}.name", $"Invalid '{path}.name': {FunctionNames.Rule}"));
        }

        var geminis = FunctionNames.ForGemini(name);
        foreach (var other in request.Tools.Functions)
        {
            if (FunctionNames.ForGemini(other.Name) == geminis)
            {
                throw FieldReading.Refuse(OpenAiError.InvalidValue($"{path}.name", $"Invalid '{path}.name': two functions have the same name."));
            }
        }

        string? description = null;
        if (function.TryGetProperty("description", out var described) && described.ValueKind != JsonValueKind.Null)
        {
            description = described.ValueKind == JsonValueKind.String ? described.GetString() : throw FieldReading.Refuse(OpenAiError.WrongType($"{path}.description", "a string"));
        }

        request.Tools.Functions.Add(new FunctionTool(path, name, string.IsNullOrEmpty(description) ? null : description, Parameters(function, $"{path}.parameters", request)));
    }

    /// <summary>
    /// Gemini refuses an object without properties: a function without arguments has no parameters. One that takes arguments of any name keeps its schema,
    /// and what a schema of no arguments says beyond that is told.
    /// </summary>
    private static JsonElement? Parameters(JsonElement function, string path, ChatRequest request)
    {
        if (!function.TryGetProperty("parameters", out var parameters) || parameters.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (parameters.ValueKind != JsonValueKind.Object)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(path, "a JSON schema"));
        }

        if (parameters.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("object"u8)))
        {
            throw FieldReading.Refuse(OpenAiError.InvalidValue(path, $"Invalid '{path}': the schema of a function's arguments must be of type 'object'."));
        }

        List<string>? left = null;
        foreach (var keyword in parameters.EnumerateObject())
        {
            switch (keyword.Name)
            {
                case "properties" or "patternProperties" when HasMembers(keyword.Value):
                case "additionalProperties" when keyword.Value.ValueKind is JsonValueKind.True or JsonValueKind.Object:
                case "$ref" or "anyOf" or "oneOf" or "allOf":
                    return parameters;
                case "type" or "properties" or "patternProperties" or "additionalProperties" or "title" or "description" or "default" or "examples" or "definitions":
                case "required" or "propertyOrdering" when !HasItems(keyword.Value):
                    break;
                default:
                    // What begins with a dollar is about the schema itself.
                    if (!keyword.Name.StartsWith('$'))
                    {
                        (left ??= []).Add(keyword.Name.Length > 40 ? keyword.Name[..40] : keyword.Name);
                    }

                    break;
            }
        }

        if (left is not null)
        {
            request.Warn($"{path}: the function was declared without arguments, as there are no properties; left out: {string.Join(", ", left.Take(MostTold))}");
        }

        return null;

        static bool HasMembers(JsonElement value) => value.ValueKind == JsonValueKind.Object && value.EnumerateObject().MoveNext();

        static bool HasItems(JsonElement value) => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0;
    }
}
