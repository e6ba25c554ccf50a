using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads which of the tools the model may, must or must not call: all forms of <c>tool_choice</c>, and <c>function_call</c>.</summary>
internal static class ToolChoiceReader
{
    /// <summary>Reads the choice; whether the functions it names exist is checked later, with <see cref="Check"/>.</summary>
    /// <param name="choice">The value.</param>
    /// <param name="field"><c>tool_choice</c> or <c>function_call</c>.</param>
    /// <returns>Null when it says nothing.</returns>
    public static ToolChoice? Read(JsonElement choice, string field)
    {
        switch (choice.ValueKind)
        {
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.String:
                return choice.GetString() switch
                {
                    "auto" => new ToolChoice.Auto(),
                    "none" => new ToolChoice.None(),
                    "required" when field == "tool_choice" => new ToolChoice.Required(),
                    _ => throw Unknown(field),
                };
            case JsonValueKind.Object when field == "function_call":
                return new ToolChoice.Only([Name(choice, field)], MustCall: true);
            case JsonValueKind.Object:
                return ReadObject(choice, field);
            default:
                throw FieldReading.Refuse(OpenAiError.WrongType(field, "a string or an object"));
        }
    }

    /// <summary>Checks the choice against the tools there are.</summary>
    /// <param name="settings">The tools and the choice.</param>
    /// <param name="given">The field that gave the choice; null when none did.</param>
    public static void Check(ToolSettings settings, string? given)
    {
        if (given is null)
        {
            return;
        }

        if (settings.Functions.Count == 0 && settings.BuiltIn == BuiltInTools.None)
        {
            throw FieldReading.Refuse(OpenAiError.InvalidValue(given, $"'{given}' is only allowed when 'tools' are given."));
        }

        if (settings.Choice is ToolChoice.Only only)
        {
            foreach (var name in only.Names)
            {
                if (!settings.Functions.Exists(function => function.Name == name))
                {
                    throw FieldReading.Refuse(OpenAiError.InvalidValue(given, $"Invalid '{given}': no tool is called '{name}'."));
                }
            }
        }
        else if (settings.Choice is ToolChoice.Required && settings.Functions.Count == 0)
        {
            throw FieldReading.Refuse(OpenAiError.InvalidValue(given, $"Invalid '{given}': only functions can be required."));
        }
    }

    private static ToolChoice.Only ReadObject(JsonElement choice, string field)
    {
        var type = choice.TryGetProperty("type", out var typed) && typed.ValueKind == JsonValueKind.String ? typed.GetString() : throw FieldReading.Refuse(OpenAiError.Missing($"{field}.type"));
        switch (type)
        {
            case "function":
                return new ToolChoice.Only([choice.TryGetProperty("function", out var function) ? Name(function, $"{field}.function") : Name(choice, field)], MustCall: true);
            case "allowed_tools":
                var allowed = choice.TryGetProperty("allowed_tools", out var nested) ? nested : choice;
                var path = choice.TryGetProperty("allowed_tools", out _) ? $"{field}.allowed_tools" : field;
                if (allowed.ValueKind != JsonValueKind.Object || !allowed.TryGetProperty("tools", out var tools) || tools.ValueKind != JsonValueKind.Array)
                {
                    throw FieldReading.Refuse(OpenAiError.Missing($"{path}.tools"));
                }

                if (tools.GetArrayLength() > ToolReader.MaximumTools)
                {
                    throw FieldReading.Refuse(OpenAiError.Invalid("array_above_max_length", $"Invalid '{path}.tools': at most {ToolReader.MaximumTools} tools are supported.", $"{path}.tools"));
                }

                var names = new List<string>();
                foreach (var tool in tools.EnumerateArray())
                {
                    names.Add(tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("function", out var named) ? Name(named, $"{path}.tools[{names.Count}].function") : Name(tool, $"{path}.tools[{names.Count}]"));
                }

                if (names.Count == 0)
                {
                    throw FieldReading.Refuse(OpenAiError.Invalid("empty_array", $"Invalid '{path}.tools': expected at least one tool.", $"{path}.tools"));
                }

                return new ToolChoice.Only(names, MustCall: Mode(allowed, path));
            default:
                throw Unknown(field);
        }
    }

    private static bool Mode(JsonElement allowed, string path) =>
        (allowed.TryGetProperty("mode", out var mode) && mode.ValueKind == JsonValueKind.String ? mode.GetString() : "auto") switch
        {
            "auto" => false,
            "required" => true,
            _ => throw FieldReading.Refuse(OpenAiError.InvalidValue($"{path}.mode", $"Invalid '{path}.mode': use auto or required.")),
        };

    private static string Name(JsonElement holder, string path) =>
        holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
            ? name.GetString()!
            : throw FieldReading.Refuse(OpenAiError.Missing($"{path}.name"));

    private static RequestRefusedException Unknown(string field) =>
        FieldReading.Refuse(OpenAiError.InvalidValue(field, $"Invalid '{field}': use none, auto, required, or an object that names a function or allowed tools."));
}
