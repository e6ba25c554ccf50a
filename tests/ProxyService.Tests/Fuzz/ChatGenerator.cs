using System.Text.Json.Nodes;

namespace GeminiBalance.ProxyService.Tests.Fuzz;

/// <summary>Chat completion requests as OpenAI documents them, in every combination.</summary>
internal static class ChatGenerator
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC";

    private static readonly string[] Models =
    [
        "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-3-flash-preview", "gemini-3.1-pro-preview", "gemini-3.5-flash", "gemini-3.5-flash-lite", "gemini-3.6-flash", "gemini-3.7-flash",
        "gemini-3.8-flash", "gemini-4-argon", "gemini-4-hydrogen", "gemini-flash-latest", "gemma-3-27b-it", "models/gemini-2.5-flash", "gemini-2.5-flash-search", "gemini-2.5-flash-nothinking", "gemini-3.8-flash-maxthinking",
        "gemini-none", "gpt-4o",
    ];

    /// <summary>A request.</summary>
    public static JsonObject Request(Chance chance)
    {
        var request = new JsonObject { ["model"] = chance.One<string>(Models) };
        var tools = chance.Of(0.4) ? Tools(chance) : [];
        request["messages"] = Messages(chance, tools);
        if (tools.Count > 0)
        {
            request["tools"] = tools;
            Maybe(0.5, () => request["tool_choice"] = ToolChoice(chance, tools));
            Maybe(0.2, () => request["parallel_tool_calls"] = chance.Of(0.5));
        }

        Maybe(0.3, () => request["temperature"] = chance.Between(0, 2));
        Maybe(0.2, () => request["top_p"] = chance.Between(0, 1));
        Maybe(0.1, () => request["top_k"] = 1 + chance.Below(100));
        Maybe(0.3, () => request[chance.One("max_tokens", "max_completion_tokens")] = chance.One(1, 16, 100, 4096, 70_000));
        Maybe(0.1, () => request["presence_penalty"] = chance.Between(-2, 2));
        Maybe(0.1, () => request["frequency_penalty"] = chance.Between(-2, 2));
        Maybe(0.1, () => request["seed"] = chance.One(0L, -1L, 3_000_000_000L, long.MaxValue));
        Maybe(0.2, () => request["stop"] = chance.One<Func<JsonNode>>(() => "END", () => new JsonArray("a", "b"), () => "", () => new JsonArray())());
        Maybe(0.1, () => request["n"] = chance.One(1, 1, 2, 8));
        Maybe(0.1, () => request["logprobs"] = chance.Of(0.5));
        Maybe(0.05, () => request["top_logprobs"] = chance.Below(21));
        Maybe(0.2, () => request["reasoning_effort"] = chance.One("none", "minimal", "low", "medium", "high", "xhigh"));
        Maybe(0.2, () => request["response_format"] = ResponseFormat(chance));
        Maybe(0.4, () => request["stream"] = chance.Of(0.8));
        Maybe(0.2, () => request["stream_options"] = new JsonObject { ["include_usage"] = chance.Of(0.8) });
        Maybe(0.1, () => request["user"] = chance.Words());
        Maybe(0.05, () => request["metadata"] = new JsonObject { ["a"] = "b" });
        Maybe(0.05, () => request["web_search_options"] = new JsonObject());
        Maybe(0.05, () => request["service_tier"] = chance.One("auto", "default", "flex"));
        Maybe(0.05, () => request["logit_bias"] = new JsonObject { ["50256"] = -100 });
        Maybe(0.05, () => request["modalities"] = new JsonArray("text"));
        Maybe(0.05, () => request["prediction"] = new JsonObject { ["type"] = "content", ["content"] = "x" });
        Maybe(0.05, () => request["extra_body"] = new JsonObject { ["google"] = new JsonObject { ["thinking_config"] = new JsonObject { ["thinking_budget"] = chance.One(-1, 0, 128, 1024, 99_999), ["include_thoughts"] = chance.Of(0.5) } } });
        return request;

        void Maybe(double share, Action set)
        {
            if (chance.Of(share))
            {
                set();
            }
        }
    }

    private static JsonArray Messages(Chance chance, JsonArray tools)
    {
        var messages = new JsonArray();
        if (chance.Of(0.4))
        {
            messages.Add((JsonNode)new JsonObject { ["role"] = chance.One("system", "developer"), ["content"] = chance.Words() });
        }

        for (var turn = 0; turn < 1 + chance.Below(4); turn++)
        {
            messages.Add((JsonNode)new JsonObject { ["role"] = "user", ["content"] = UserContent(chance) });
            if (tools.Count > 0 && chance.Of(0.4))
            {
                AddToolTurn(chance, tools, messages);
            }

            if (chance.Of(0.4))
            {
                messages.Add((JsonNode)new JsonObject { ["role"] = "assistant", ["content"] = chance.Of(0.8) ? chance.Words() : new JsonArray(new JsonObject { ["type"] = "text", ["text"] = chance.Words() }) });
            }
        }

        return messages;
    }

    private static void AddToolTurn(Chance chance, JsonArray tools, JsonArray messages)
    {
        var calls = new JsonArray();
        for (var i = 0; i < 1 + chance.Below(3); i++)
        {
            var tool = tools[chance.Below(tools.Count)]!["function"]!;
            calls.Add((JsonNode)new JsonObject
            {
                ["id"] = $"call_{messages.Count}_{i}",
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = tool["name"]!.DeepClone(), ["arguments"] = chance.One("{}", "", """{"city":"Paris","n":9007199254740993,"z":null}""") },
            });
        }

        var said = new JsonObject { ["role"] = "assistant", ["content"] = chance.Of(0.5) ? null : chance.Words(), ["tool_calls"] = calls };
        messages.Add((JsonNode)said);
        foreach (var call in calls)
        {
            messages.Add((JsonNode)new JsonObject { ["role"] = "tool", ["tool_call_id"] = call!["id"]!.DeepClone(), ["content"] = chance.One("fine", "[1,2]", """{"a":{"b":null}}""", "", "42") });
        }
    }

    private static JsonNode UserContent(Chance chance)
    {
        if (chance.Of(0.6))
        {
            return chance.Words();
        }

        var parts = new JsonArray();
        for (var i = 0; i < 1 + chance.Below(3); i++)
        {
            parts.Add((JsonNode)(chance.Below(6) switch
            {
                0 => new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = "data:image/png;base64," + Png, ["detail"] = chance.One("auto", "low", "high") } },
                1 => new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = $"data:image/JPG;charset=x;base64,{chance.Base64(200)}" } },
                2 => new JsonObject { ["type"] = "input_audio", ["input_audio"] = new JsonObject { ["data"] = chance.Base64(200), ["format"] = chance.One("wav", "mp3") } },
                3 => new JsonObject { ["type"] = "file", ["file"] = new JsonObject { ["filename"] = "a.pdf", ["file_data"] = "data:application/pdf;base64," + chance.Base64(200) } },
                _ => new JsonObject { ["type"] = "text", ["text"] = chance.Words() },
            }));
        }

        return parts;
    }

    private static JsonArray Tools(Chance chance)
    {
        var tools = new JsonArray();
        for (var i = 0; i < 1 + chance.Below(3); i++)
        {
            var function = new JsonObject { ["name"] = chance.Name() };
            if (chance.Of(0.7))
            {
                function["description"] = chance.Words();
            }

            if (chance.Of(0.8))
            {
                function["parameters"] = SchemaGenerator.Object(chance, 0);
            }

            if (chance.Of(0.2))
            {
                function["strict"] = true;
            }

            tools.Add((JsonNode)new JsonObject { ["type"] = "function", ["function"] = function });
        }

        return tools;
    }

    private static JsonNode ToolChoice(Chance chance, JsonArray tools)
    {
        var name = tools[0]!["function"]!["name"]!;
        return chance.Below(5) switch
        {
            0 => "none",
            1 => "required",
            2 => new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = name.DeepClone() } },
            3 => new JsonObject { ["type"] = "allowed_tools", ["allowed_tools"] = new JsonObject { ["mode"] = "auto", ["tools"] = new JsonArray(new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = name.DeepClone() } }) } },
            _ => "auto",
        };
    }

    private static JsonObject ResponseFormat(Chance chance) => chance.Below(3) switch
    {
        0 => new JsonObject { ["type"] = "text" },
        1 => new JsonObject { ["type"] = "json_object" },
        _ => new JsonObject { ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = "answer", ["strict"] = chance.Of(0.5), ["schema"] = SchemaGenerator.Object(chance, 0) } },
    };
}
