using System.Text.Json;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Writes <c>tools</c> and <c>toolConfig</c>.</summary>
internal static class ToolsWriter
{
    /// <summary>Writes them, if there are any.</summary>
    /// <param name="writer">Gets them.</param>
    /// <param name="request">The request; gets warnings.</param>
    /// <param name="profile">What the model understands.</param>
    /// <param name="options">What the gateway adds.</param>
    /// <exception cref="RequestRefusedException">The model calls no functions.</exception>
    public static void Write(Utf8JsonWriter writer, ChatRequest request, ModelProfile profile, TranslationOptions options)
    {
        var tools = request.Tools;
        var builtIn = BuiltIn(request, options);
        if (profile.RefusesTools && (tools.Functions.Count > 0 || builtIn != BuiltInTools.None))
        {
            var field = tools.Functions.Count > 0 || tools.BuiltIn == BuiltInTools.None ? "tools" : "web_search_options";
            throw new RequestRefusedException(OpenAiError.Unsupported(field, $"The model '{request.Model}' calls no tools."));
        }

        if (tools.Functions.Count > 0 && builtIn != BuiltInTools.None && !profile.MixesTools)
        {
            builtIn = BuiltInTools.None;
            request.Warn("the model does not take Google's own tools beside functions: they were left out");
        }

        if (tools.Functions.Count == 0 && builtIn == BuiltInTools.None)
        {
            return;
        }

        // Fewer declarations say the same as a list of allowed names, on every model.
        var allowed = tools.Choice is ToolChoice.Only { MustCall: false } only ? only.Names : null;
        writer.WriteStartArray("tools"u8);
        if (tools.Functions.Count > 0)
        {
            writer.WriteStartObject();
            writer.WriteStartArray("functionDeclarations"u8);
            var allowance = new SchemaAllowance();
            foreach (var function in tools.Functions)
            {
                if (allowed is null || allowed.Contains(function.Name))
                {
                    WriteFunction(writer, function, request, allowance);
                }
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        WriteBuiltIn(writer, builtIn, BuiltInTools.Search, "googleSearch"u8);
        WriteBuiltIn(writer, builtIn, BuiltInTools.CodeExecution, "codeExecution"u8);
        WriteBuiltIn(writer, builtIn, BuiltInTools.UrlContext, "urlContext"u8);
        WriteBuiltIn(writer, builtIn, BuiltInTools.Maps, "googleMaps"u8);
        writer.WriteEndArray();
        if (tools.Functions.Count > 0)
        {
            WriteConfig(writer, tools, mixed: builtIn != BuiltInTools.None);
        }
    }

    /// <summary>Whether Google's own tools run beside the functions of the client: then what they did is part of the conversation.</summary>
    /// <inheritdoc cref="Write" path="/param"/>
    public static bool IsMixed(ChatRequest request, ModelProfile profile, TranslationOptions options) =>
        profile.MixesTools && request.Tools.Functions.Count > 0 && BuiltIn(request, options) != BuiltInTools.None;

    /// <summary>Google's own tools that run for a request: a client that wants no calls wants none of theirs either.</summary>
    /// <param name="request">The request.</param>
    /// <param name="options">What the gateway adds.</param>
    public static BuiltInTools BuiltIn(ChatRequest request, TranslationOptions options) =>
        request.Tools.Choice is ToolChoice.None ? BuiltInTools.None : request.Tools.BuiltIn | (options.Search ? BuiltInTools.Search : BuiltInTools.None);

    private static void WriteFunction(Utf8JsonWriter writer, FunctionTool function, ChatRequest request, SchemaAllowance allowance)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, FunctionNames.ForGemini(function.Name));
        writer.WriteString("description"u8, function.Description ?? function.Name);
        if (function.Parameters is { } parameters)
        {
            writer.WritePropertyName("parametersJsonSchema"u8);
            SchemaCleaner.Write(writer, parameters, function.Field + ".parameters", request, allowance);
        }

        writer.WriteEndObject();
    }

    private static void WriteBuiltIn(Utf8JsonWriter writer, BuiltInTools all, BuiltInTools one, ReadOnlySpan<byte> name)
    {
        if ((all & one) != 0)
        {
            writer.WriteStartObject();
            writer.WriteStartObject(name);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
    }

    private static void WriteConfig(Utf8JsonWriter writer, ToolSettings tools, bool mixed)
    {
        var mode = tools.Choice switch
        {
            ToolChoice.None => "NONE",
            ToolChoice.Required or ToolChoice.Only { MustCall: true } => "ANY",
            _ => mixed ? "VALIDATED" : null,
        };
        if (mode is null && !mixed)
        {
            return;
        }

        writer.WriteStartObject("toolConfig"u8);
        writer.WriteStartObject("functionCallingConfig"u8);
        writer.WriteString("mode"u8, mode);
        if (tools.Choice is ToolChoice.Only { MustCall: true } only)
        {
            writer.WriteStartArray("allowedFunctionNames"u8);
            foreach (var name in only.Names)
            {
                writer.WriteStringValue(FunctionNames.ForGemini(name));
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        if (mixed)
        {
            writer.WriteBoolean("includeServerSideToolInvocations"u8, true);
        }

        writer.WriteEndObject();
    }
}
