using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Wire;

public sealed class RequestRuleTests(SharedSimulator shared) : SimulatorTest(shared)
{
    private const string User = """{"role":"user","parts":[{"text":"hi"}]}""";

    public static TheoryData<string, string, string> Refused => new()
    {
        // Shape.
        { "", "flash", "Invalid JSON payload received." },
        { "[]", "flash", "Root must be an object." },
        { """{"contents":[}""", "flash", "Invalid JSON payload received." },
        { """{"contents":[],"contents":[]}""", "flash", "Invalid JSON payload received." },
        { Body("", """ "foo":1 """), "flash", "Unknown name \"foo\": Cannot find field." },
        { Body("""{"role":"user","parts":[{"text":"hi","bold":true}]}"""), "flash", "Unknown name \"bold\" at 'contents[0].parts[0]': Cannot find field." },
        { Config(""" "maxTokens":1 """), "flash", "Unknown name \"maxTokens\" at 'generation_config': Cannot find field." },
        { Config(""" "temperature":"warm" """), "flash", "Invalid value at 'generation_config.temperature' (TYPE_DOUBLE), \"warm\"" },
        { Config(""" "seed":3000000000 """), "flash", "Invalid value at 'generation_config.seed' (TYPE_INT32), 3000000000" },
        { Config(""" "topK":1.5 """), "flash", "(TYPE_INT32), 1.5" },
        { Config(""" "temperature":[1] """), "flash", "Proto field is not repeating, cannot start list." },
        { Body("\"hi\""), "flash", "Invalid value at 'contents[0]' (type.googleapis.com/google.ai.generativelanguage.v1beta.Content), \"hi\"" },
        { Body("null"), "flash", "Invalid value at 'contents[0]'" },
        { Body(User, """ "safetySettings":[{"category":"HARM_CATEGORY_RUDE","threshold":"OFF"}] """), "flash", "HarmCategory), \"HARM_CATEGORY_RUDE\"" },
        { Body(User, """ "safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"NEVER"}] """), "flash", "HarmBlockThreshold), \"NEVER\"" },

        // Contents and parts.
        { "{}", "flash", "contents is not specified" },
        { """{"contents":[]}""", "flash", "contents is not specified" },
        { Body("""{"role":"user","parts":[]}"""), "flash", "contents.parts must not be empty" },
        { Body("""{"role":"user"}"""), "flash", "contents.parts must not be empty" },
        { Body("""{"role":"assistant","parts":[{"text":"x"}]}"""), "flash", "Please use a valid role: user, model." },
        { Body("""{"parts":[{}]}"""), "flash", "required oneof field 'data' must have one initialized field" },
        { Body("""{"parts":[{"text":""}]}"""), "flash", "required oneof field 'data'" },
        { Body("""{"parts":[{"text":null}]}"""), "flash", "required oneof field 'data'" },
        { Body("""{"parts":[{"text":"a","fileData":{"fileUri":"x"}}]}"""), "flash", "required oneof field 'data'" },
        { Body("""{"parts":[{"inlineData":{"mimeType":"image/gif","data":"AAAA"}}]}"""), "flash", "Unsupported MIME type: image/gif" },
        { Body("""{"parts":[{"inlineData":{"mimeType":"image/png","data":"%%%"}}]}"""), "flash", "Base64 decoding failed" },
        { Body(User, """ "systemInstruction":{"parts":[]} """), "flash", "system_instruction.parts: contents.parts must not be empty" },
        { Body(User, """ "systemInstruction":{"parts":[{"text":"x"}]} """), "gemma-3-27b-it", "Developer instruction is not enabled for models/gemma-3-27b-it" },
        { Body(User, """ "cachedContent":"cachedContents/x" """), "flash", "CachedContent not found (or permission denied)" },

        // Turns.
        { Body(User + ""","""+ """{"role":"model","parts":[{"text":"so"}]}"""), "gemini-3.6-flash", "Requests ending with a model turn are not supported." },
        { Body(User + ""","""+ """{"role":"model","parts":[{"text":"so"}]}"""), "gemini-4-argon", "Requests ending with a model turn are not supported." },
        { Body(Call("f") + "," + Result("f")), "flash", "function call turn comes immediately after a user turn" },
        { Body(User + "," + Result("f")), "flash", "function response turn comes immediately after a function call turn" },
        { Body(User + "," + Call("f", "g") + "," + Result("f")), "flash", "number of function response parts is equal to the number of function call parts" },
        { Body(User + "," + Call("f") + "," + User), "flash", "number of function response parts is equal" },
        { Body(User + "," + Call("f") + """,{"role":"user","parts":[{"functionResponse":{"name":"f","response":[1,2]}}]}"""), "flash", "Unknown name \"response\"" },
        { Body(User + "," + Call("f") + """,{"role":"user","parts":[{"functionResponse":{"name":"f","response":"x"}}]}"""), "flash", "google.protobuf.Struct), \"x\"" },
        { Body(User + "," + Call("f") + """,{"role":"user","parts":[{"functionResponse":{"response":{}}}]}"""), "flash", "Name cannot be empty" },
        { Body(User + "," + Call("f") + "," + Result("f")), "gemini-3.5-flash", "Function call is missing a thought_signature in functionCall parts." },
        { Body(User + """,{"role":"model","parts":[{"functionCall":{"name":"f"},"thoughtSignature":"made-up"}]},""" + Result("f")), "gemini-3.5-flash", "Corrupted thought signature." },

        // Ranges.
        { Config(""" "temperature":2.1 """), "flash", "temperature" },
        { Config(""" "temperature":-0.1 """), "flash", "temperature" },
        { Config(""" "topP":0 """), "flash", "top_p" },
        { Config(""" "topP":1.1 """), "flash", "top_p" },
        { Config(""" "topK":0 """), "flash", "top_k" },
        { Config(""" "maxOutputTokens":0 """), "flash", "max_output_tokens" },
        { Config(""" "maxOutputTokens":65537 """), "flash", "max_output_tokens" },
        { Config(""" "stopSequences":["1","2","3","4","5","6"] """), "flash", "at most 5 stop sequences" },
        { Config(""" "stopSequences":[""] """), "flash", "must not be empty" },
        { Config(""" "candidateCount":9 """), "flash", "candidate_count" },
        { Config(""" "candidateCount":0 """), "gemini-4-argon", "candidate_count" },
        { Config(""" "candidateCount":2 """), "gemini-4-argon", "Multiple candidates is not enabled for models/gemini-4-argon" },
        { Config(""" "presencePenalty":0.5 """), "flash", "Penalty is not enabled for models/gemini-2.5-flash" },
        { Config(""" "frequencyPenalty":1 """), "gemini-3.6-flash", "Penalty is not enabled for models/gemini-3.6-flash" },
        { Config(""" "frequencyPenalty":2 """), "gemini-3.5-flash", "must be in the range [-2.0, 2.0)" },
        { Config(""" "responseLogprobs":true,"logprobs":3 """), "flash", "Logprobs is not enabled for models/gemini-2.5-flash" },
        { Config(""" "responseMimeType":"image/png" """), "flash", "allowed mimetypes are" },
        { Config(""" "responseSchema":{"type":"STRING"} """), "flash", "only allowed with a response mime type" },
        { Config(""" "responseMimeType":"application/json","responseSchema":{"type":"STRING"},"responseJsonSchema":{} """), "flash", "only one of" },
        { Config(""" "responseModalities":["IMAGE"] """), "flash", "does not support the requested response modalities: image" },
        { Config(""" "responseModalities":["TEXT"] """), "gemini-3.8-flash-tts", "does not support the requested response modalities: text" },

        // Thinking.
        { Thinking(""" "thinkingBudget":0 """), "gemini-2.5-pro", "Budget 0 is invalid. This model only works in thinking mode." },
        { Thinking(""" "thinkingBudget":127 """), "gemini-2.5-pro", "Please choose a value between 128 and 32768." },
        { Thinking(""" "thinkingBudget":24577 """), "flash", "Please choose a value between 1 and 24576." },
        { Thinking(""" "thinkingLevel":"LOW" """), "flash", "Thinking level is not supported for this model." },
        { Thinking(""" "thinkingLevel":"MINIMAL" """), "gemini-3.8-flash", "Thinking level MINIMAL is not supported for this model." },
        { Thinking(""" "thinkingLevel":"XHIGH" """), "gemini-4-argon", "Thinking level XHIGH is not supported for this model." },
        { Thinking(""" "thinkingBudget":1000 """), "gemini-4-neon", "Thinking budget is not supported for this model." },
        { Thinking(""" "thinkingBudget":1000,"thinkingLevel":"LOW" """), "gemini-3.5-flash", "only one of thinking budget and thinking level" },
        { Thinking(""" "includeThoughts":true """), "gemma-3-27b-it", "Thinking is not enabled for this model." },

        // Tools and schemas.
        { Function(""" "name":"1st" """), "flash", "Invalid function name." },
        { Function(""" "name":"f\n" """), "flash", "Invalid function name." },
        { Function(""" "description":"none" """), "flash", "Invalid function name." },
        { Function(""" "name":"f" """, """ {"name":"f"} """), "flash", "Duplicate function declaration found: f" },
        { Function(""" "name":"f","strict":true """), "flash", "Unknown name \"strict\" at 'tools[0].function_declarations[0]': Cannot find field." },
        { Parameters(""" "type":"object","properties":{} """), "flash", "parameters.properties: should be non-empty for OBJECT type" },
        { Parameters(""" "type":"object","additionalProperties":false,"properties":{"a":{"type":"string"}} """), "flash", "Unknown name \"additionalProperties\" at 'tools[0].function_declarations[0].parameters': Cannot find field." },
        { Parameters(""" "type":"object","properties":{"a":{"type":["string","null"]}} """), "flash", "Unknown name \"type\" at 'tools[0].function_declarations[0].parameters.properties[a]': Proto field is not repeating, cannot start list." },
        { Parameters(""" "type":"object","properties":{"a":{"$ref":"#/x"}} """), "flash", "Unknown name \"$ref\"" },
        { Parameters(""" "type":"object","properties":{"a":{"type":"array"}} """), "flash", "parameters.properties[a].items: missing field." },
        { Parameters(""" "type":"object","properties":{"a":{"type":"string","format":"email"}} """), "flash", "only 'enum' and 'date-time' are supported for STRING type" },
        { Parameters(""" "type":"object","properties":{"a":{"type":"integer","enum":["1"]}} """), "flash", "only allowed for STRING type" },
        { Parameters(""" "type":"object","properties":{"a":{"type":"string"}},"required":["b"] """), "flash", "required[0]: property is not defined" },
        { Parameters(""" "type":"thing" """), "flash", "v1beta.Type), \"thing\"" },
        { Parameters(""" "type":"string" """), "flash", "schema should be of type OBJECT" },
        { Body(User, """ "toolConfig":{"functionCallingConfig":{"mode":"ANY"}} """), "flash", "set without function_declarations" },
        { Body(User, """ "tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"AUTO","allowedFunctionNames":["f"]}} """), "flash", "allowed_function_names: should be set only" },
        { Body(User, """ "tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["g"]}} """), "flash", "must name declared functions" },
        { Body(User, """ "tools":[{"functionDeclarations":[{"name":"f"}]},{"googleSearch":{}}] """), "flash", "Tool use with function calling is unsupported" },
        { Body(User, """ "tools":[{"functionDeclarations":[{"name":"f"}]},{"googleSearch":{}}] """), "gemini-3.5-flash", "Please enable tool_config.include_server_side_tool_invocations" },
        { Body(User, """ "tools":[{"functionDeclarations":[{"name":"f"}]}],"generationConfig":{"responseMimeType":"application/json"} """), "flash", "Function calling with a response mime type: 'application/json' is unsupported" },
        { Function(""" "name":"f" """), "gemma-3-27b-it", "Function calling is not enabled for models/gemma-3-27b-it" },
    };

    public static TheoryData<string, string> Taken => new()
    {
        { Body(User + ""","""+ """{"role":"model","parts":[{"text":"so"}]}"""), "gemini-3.5-flash" },
        { Body(User + "," + Call("f", "g") + "," + Result("f", "g")), "gemini-2.5-flash" },
        { Body(User + "," + Call("f") + "," + Result("f") + """,{"role":"model","parts":[{"text":"done"}]},""" + User), "gemini-3.5-flash" },
        { Body(User + """,{"role":"model","parts":[{"functionCall":{"name":"f"},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"name":"g"}}]},""" + Result("f", "g")), "gemini-3.5-flash" },
        { Config(""" "temperature":2,"topP":1,"topK":1,"maxOutputTokens":65536,"stopSequences":["1","2","3","4","5"],"candidateCount":8,"seed":0 """), "gemini-2.5-flash" },
        { Config(""" "presencePenalty":0,"temperature":1.7 """), "gemini-4-neon" },
        { Thinking(""" "thinkingBudget":1000 """), "gemini-3.5-flash" },
        { Parameters(""" "type":"object","properties":{"not":{"type":"string","nullable":true},"default":{"type":"ARRAY","items":{"type":"integer","format":"int64"}}},"required":["not"] """), "gemini-2.5-flash" },
        { Function(""" "name":"_f.a:b-c" """), "gemini-2.5-flash" },
        { Body(User, """ "tools":[{"functionDeclarations":[{"name":"f"}]},{"googleSearch":{}}],"toolConfig":{"includeServerSideToolInvocations":true} """), "gemini-3.5-flash" },
        { Body(User, """ "tools":[{"google_search":{}}],"safety_settings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"}],"serviceTier":"flex" """), "gemini-2.5-flash" },
        { """{"contents":[{"parts":[{"inline_data":{"mime_type":"image/jpeg","data":"_-8"}}]}]}""", "gemini-2.5-flash" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Generate_NotAsGoogleWantsIt_Answers400AndNamesWhy(string body, string model, string reason)
    {
        var reply = await PostAsync($"/v1beta/models/{(model == "flash" ? "gemini-2.5-flash" : model)}:generateContent", body);

        Assert.Equal(reason.StartsWith("CachedContent", StringComparison.Ordinal) ? HttpStatusCode.Forbidden : HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains(reason, reply.Message, StringComparison.Ordinal);
        Assert.Equal((int)reply.Status, (int)reply.Json["error"]!["code"]!);
    }

    [Theory]
    [MemberData(nameof(Taken))]
    public async Task Generate_AtTheEdgeOfTheRules_IsAnswered(string body, string model)
    {
        var reply = await PostAsync($"/v1beta/models/{model}:generateContent", body);

        Assert.True(reply.Status == HttpStatusCode.OK, reply.Text);
    }

    [Fact]
    public async Task Generate_UnknownField_HasAFieldViolation()
    {
        var reply = await PostAsync("/v1beta/models/gemini-2.5-flash:generateContent", Config(""" "x":1 """));

        var violation = Assert.Single(reply.Detail("BadRequest")!["fieldViolations"]!.AsArray())!;
        Assert.Equal("generation_config", (string?)violation["field"]);
        Assert.Equal(reply.Message, (string?)violation["description"]);
    }

    [Fact]
    public async Task Generate_PromptOverTheInputLimit_SaysHowManyTokens()
    {
        var reply = await GenerateAsync(Saying(string.Concat(Enumerable.Repeat("word ", 8_193))), "gemini-3.8-flash-tts");

        Assert.Equal("The input token count (8193) exceeds the maximum number of tokens allowed (8192).", reply.Message);
    }

    private static string Body(string contents, string extra = "") =>
        "{\"contents\":[" + (contents.Length == 0 ? User : contents) + "]" + (extra.Length == 0 ? "" : "," + extra) + "}";

    private static string Config(string fields) => Body(User, "\"generationConfig\":{" + fields + "}");

    private static string Thinking(string fields) => Config("\"thinkingConfig\":{" + fields + "}");

    private static string Function(string fields, string? second = null) =>
        Body(User, "\"tools\":[{\"functionDeclarations\":[{" + fields + "}" + (second is null ? "" : "," + second) + "]}]");

    private static string Parameters(string schema) => Function("\"name\":\"f\",\"parameters\":{" + schema + "}");

    private static string Call(params string[] names) => Parts("model", names.Select(name => new JsonObject { ["functionCall"] = new JsonObject { ["name"] = name, ["args"] = new JsonObject() } }));

    private static string Result(params string[] names) => Parts("user", names.Select(name => new JsonObject { ["functionResponse"] = new JsonObject { ["name"] = name, ["response"] = new JsonObject { ["output"] = 1 } } }));

    private static string Parts(string role, IEnumerable<JsonObject> parts) => new JsonObject { ["role"] = role, ["parts"] = new JsonArray([.. parts]) }.ToJsonString();
}
