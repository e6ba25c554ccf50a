using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Catalogue;

namespace GeminiBalance.GeminiSimulator.Wire;

/// <summary>What every content and part must have.</summary>
internal static class ContentRules
{
    private static readonly string[] Data = ["text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult", "toolCall", "toolResponse"];
    private static readonly string[] Media = ["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif", "application/pdf", "application/json", "audio/", "video/", "text/"];

    public static GoogleError? Check(JsonObject request, ModelProfile model)
    {
        if (request["contents"] is not JsonArray { Count: > 0 } contents)
        {
            return GoogleError.InvalidArgument("* GenerateContentRequest.contents: contents is not specified\n", "contents");
        }

        if (request["systemInstruction"] is JsonObject system)
        {
            if (!model.SystemInstruction)
            {
                return GoogleError.InvalidArgument($"Developer instruction is not enabled for models/{model.Name}");
            }

            if (CheckParts(system, "system_instruction") is { } wrong)
            {
                return wrong;
            }
        }

        for (var i = 0; i < contents.Count; i++)
        {
            var content = (JsonObject)contents[i]!;
            if (content["role"]?.GetValue<string>() is not (null or "" or "user" or "model" or "function"))
            {
                return GoogleError.InvalidArgument("Please use a valid role: user, model.", $"contents[{i}].role");
            }

            if (CheckParts(content, $"contents[{i}]") is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private static GoogleError? CheckParts(JsonObject content, string at)
    {
        if (content["parts"] is not JsonArray { Count: > 0 } parts)
        {
            return GoogleError.InvalidArgument($"* GenerateContentRequest.{at}.parts: contents.parts must not be empty.\n", $"{at}.parts");
        }

        for (var i = 0; i < parts.Count; i++)
        {
            if (CheckPart((JsonObject)parts[i]!, $"{at}.parts[{i}]") is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private static GoogleError? CheckPart(JsonObject part, string at)
    {
        var given = 0;
        foreach (var name in Data)
        {
            given += part.ContainsKey(name) ? 1 : 0;
        }

        if (given != 1 || (part["text"]?.GetValue<string>().Length == 0 && part["thoughtSignature"] is null))
        {
            return GoogleError.InvalidArgument($"* GenerateContentRequest.{at}.data: required oneof field 'data' must have one initialized field\n", $"{at}.data");
        }

        if (part["inlineData"] is JsonObject blob)
        {
            var mime = blob["mimeType"]?.GetValue<string>() ?? "";
            if (!Array.Exists(Media, known => known.EndsWith('/') ? mime.StartsWith(known, StringComparison.Ordinal) : mime == known))
            {
                return GoogleError.InvalidArgument($"Unsupported MIME type: {mime}", $"{at}.inline_data.mime_type");
            }

            if (blob["data"]?.GetValue<string>() is null or "")
            {
                return GoogleError.InvalidArgument($"* GenerateContentRequest.{at}.inline_data.data: must not be empty.\n", $"{at}.inline_data.data");
            }
        }

        if (part["fileData"] is JsonObject file && file["fileUri"]?.GetValue<string>() is null or "")
        {
            return GoogleError.InvalidArgument($"* GenerateContentRequest.{at}.file_data.file_uri: must not be empty.\n", $"{at}.file_data.file_uri");
        }

        return Nameless(part, "functionCall", "function_call", at) ?? Nameless(part, "functionResponse", "function_response", at);
    }

    private static GoogleError? Nameless(JsonObject part, string field, string shown, string at) =>
        part[field] is JsonObject named && named["name"]?.GetValue<string>() is null or ""
            ? GoogleError.InvalidArgument($"* GenerateContentRequest.{at}.{shown}.name: Name cannot be empty.\n", $"{at}.{shown}.name")
            : null;
}
