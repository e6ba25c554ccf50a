using System.Text;
using GeminiBalance.ProxyService.OpenAi;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.OpenAi;

public sealed class ChatRequestReaderTests
{
    private const string Hello = "\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    [Fact]
    public void Request_WithEverythingSupported_IsRead()
    {
        const string json = """
            {"messages":[{"content":"be brief","role":"system"},{"role":"developer","content":[{"type":"text","text":"in English"}]},
              {"role":"user","name":"u","content":[{"type":"text","text":"a"},{"text":"b","type":"text"}]},{"role":"assistant","content":null,"refusal":"no"},{"role":"user","content":"go"}],
             "model":"gemini-2.5-flash","temperature":0.5,"top_p":1,"top_k":40,"max_tokens":5,"max_completion_tokens":7,"stop":["x","","y"],"seed":9007199254740993,
             "presence_penalty":-0.5,"frequency_penalty":2,"reasoning_effort":"high","stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},
             "user":"me","store":true,"metadata":{"a":"b"},"n":1,"response_format":{"type":"text"},"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"none","logit_bias":{},"modalities":["text"],"parallel_tool_calls":false}
            """;

        var request = Read(json, out var error)!;

        Assert.Null(error);
        Assert.Equal("gemini-2.5-flash", request.Model);
        Assert.Equal([ChatRole.System, ChatRole.System, ChatRole.User, ChatRole.Assistant, ChatRole.User], request.Messages.Select(message => message.Role));
        Assert.Equal(["\"be brief\"", "\"in English\"", "\"a\"", "\"b\"", "\"no\"", "\"go\""], request.Parts.Select(part => Encoding.UTF8.GetString(part.Text.In(Encoding.UTF8.GetBytes(json)))));
        Assert.Equal((0.5, 1.0, 40, 7, 9007199254740993L), (request.Temperature!.Value, request.TopP!.Value, request.TopK!.Value, request.MaxTokens!.Value, request.Seed!.Value));
        Assert.Equal((-0.5, 2.0, ReasoningEffort.High), (request.PresencePenalty!.Value, request.FrequencyPenalty!.Value, request.Effort!.Value));
        Assert.Equal(2, request.Stop.Count);
        Assert.True(request.Stream);
        Assert.True(request.IncludeUsage);
        Assert.Empty(request.Warnings);
    }

    [Fact]
    public void Part_WithANullRefusalBesideItsText_IsItsText()
    {
        // So agents send back what a model has said.
        const string json = """{"model":"m","messages":[{"role":"assistant","content":[{"type":"text","text":"said","refusal":null}]},{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},{"role":"user","content":"go"}]}""";

        var request = Read(json, out var error)!;

        Assert.Null(error);
        Assert.Equal(["\"said\"", "\"no\"", "\"go\""], request.Parts.Select(part => Encoding.UTF8.GetString(part.Text.In(Encoding.UTF8.GetBytes(json)))));
    }

    [Fact]
    public void Content_WithoutParts_IsNothing_WhereThereIsMoreToAMessage()
    {
        const string json = """
            {"model":"m","messages":[{"role":"user","content":"q"},{"role":"assistant","content":[],"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
              {"role":"tool","tool_call_id":"c","content":[]},{"content":[],"role":"assistant"},{"role":"user","content":"go"}]}
            """;

        var request = Read(json, out var error)!;

        Assert.Null(error);
        Assert.Equal([ChatRole.User, ChatRole.Assistant, ChatRole.Tool, ChatRole.User], request.Messages.Select(message => message.Role));
        Assert.Equal(2, request.Parts.Count);
    }

    [Theory]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[]},{\"role\":\"user\",\"content\":\"hi\"}]}", "empty_array", "messages[0].content")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"te\\ud800xt\":\"a\"}]}]}", "invalid_unicode", null)]
    [InlineData("", "invalid_json", null)]
    [InlineData("{", "invalid_json", null)]
    [InlineData("null", "invalid_body", null)]
    [InlineData("[]", "invalid_body", null)]
    [InlineData("{}", "missing_required_parameter", "model")]
    [InlineData("{\"model\":\"m\"}", "missing_required_parameter", "messages")]
    [InlineData("{\"model\":null,\"messages\":[]}", "invalid_type", "model")]
    [InlineData("{\"model\":\"m\",\"input\":\"hi\"}", "invalid_body", "input")]
    [InlineData("{\"model\":\"m\",\"messages\":[]}", "empty_array", "messages")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}", "empty_array", "messages")]
    [InlineData("{\"model\":\"m\",\"model\":\"m\",\"messages\":[]}", "invalid_json", null)]
    [InlineData("{\"model\":\"m\",\"mod\\u0065l\":\"m\",\"messages\":[]}", "invalid_json", null)]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"role\":\"user\",\"content\":\"hi\"}]}", "invalid_json", null)]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}", "invalid_unicode", "messages[0].content")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\\udc00x\"}]}]}", "invalid_unicode", "messages[0].content[0].text")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]}", "missing_required_parameter", "messages[0].content")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"robot\",\"content\":\"x\"}]}", "invalid_value", "messages[0].role")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", "missing_required_parameter", "messages[0].tool_call_id")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"x\"}]}", "invalid_value", "messages[0].role")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"x\",\"tool_calls\":[{}]}]}", "missing_required_parameter", "messages[0].tool_calls[0].id")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}}]}]}", "invalid_image_url", "messages[0].content[0].image_url.url")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"smell\"}]}]}", "invalid_value", "messages[0].content[0].type")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]}", "missing_required_parameter", "messages[0].content[0].text")]
    public void Request_Malformed_NamesTheFault(string json, string code, string? param)
    {
        Assert.Null(Read(json, out var error));
        Assert.Equal((400, code, param), (error!.Status, error.Code, error.Param));
    }

    [Theory]
    [InlineData("\"temperature\":2.1", "decimal_above_max_value", "temperature")]
    [InlineData("\"temperature\":1e400", "decimal_above_max_value", "temperature")]
    [InlineData("\"temperature\":\"1\"", "invalid_type", "temperature")]
    [InlineData("\"top_p\":-1", "decimal_below_min_value", "top_p")]
    [InlineData("\"max_tokens\":0", "integer_below_min_value", "max_tokens")]
    [InlineData("\"max_tokens\":1.5", "invalid_type", "max_tokens")]
    [InlineData("\"max_tokens\":2147483648", "integer_above_max_value", "max_tokens")]
    [InlineData("\"max_tokens\":-9223372036854775809", "integer_below_min_value", "max_tokens")]
    [InlineData("\"seed\":99999999999999999999", "", "")]
    [InlineData("\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"]", "array_above_max_length", "stop")]
    [InlineData("\"stop\":[[\"a\"]]", "invalid_type", "stop[0]")]
    [InlineData("\"stream\":\"true\"", "invalid_type", "stream")]
    [InlineData("\"stream_options\":{\"include_usage\":true}", "invalid_value", "stream_options")]
    [InlineData("\"n\":0", "integer_below_min_value", "n")]
    [InlineData("\"n\":9", "integer_above_max_value", "n")]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "missing_required_parameter", "tools[0].function")]
    [InlineData("\"tool_choice\":\"required\"", "invalid_value", "tool_choice")]
    [InlineData("\"response_format\":{\"type\":\"xml\"}", "invalid_value", "response_format.type")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\"}", "missing_required_parameter", "response_format.json_schema")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\"}}", "missing_required_parameter", "response_format.json_schema.schema")]
    [InlineData("\"response_format\":\"json\"", "invalid_type", "response_format")]
    [InlineData("\"logit_bias\":{\"1\":2}", "unsupported_parameter", "logit_bias")]
    [InlineData("\"top_logprobs\":3", "invalid_value", "top_logprobs")]
    [InlineData("\"logprobs\":true,\"top_logprobs\":21", "integer_above_max_value", "top_logprobs")]
    [InlineData("\"modalities\":[\"text\",\"smell\"]", "invalid_value", "modalities")]
    [InlineData("\"web_search_options\":true", "invalid_type", "web_search_options")]
    [InlineData("\"audio\":{\"voice\":\"alloy\",\"format\":\"mp3\"}", "unsupported_value", "audio.format")]
    [InlineData("\"reasoning_effort\":\"low\",\"google\":{\"thinking_config\":{\"thinking_budget\":5}}", "invalid_value", "reasoning_effort")]
    [InlineData("\"google\":{\"thinking_config\":{\"thinking_budget\":5,\"thinking_level\":\"low\"}}", "invalid_value", "google.thinking_config")]
    [InlineData("\"reasoning_effort\":\"enormous\"", "invalid_value", "reasoning_effort")]
    [InlineData("\"user\":{}", "invalid_type", "user")]
    public void Field_OutOfRangeOrNotSupported_IsNamed(string field, string code, string param)
    {
        var request = Read($"{{{Hello},{field}}}", out var error);

        if (code.Length == 0)
        {
            Assert.NotNull(request);
            return;
        }

        Assert.Null(request);
        Assert.Equal((400, code, param), (error!.Status, error.Code, error.Param));
    }

    [Theory]
    [InlineData("\"service_tier\":\"scale\"")]
    [InlineData("\"google\":{\"whatever\":1}")]
    [InlineData("\"extra_body\":{\"google\":{\"whatever\":1}}")]
    public void Field_HarmlessButNotHonoured_GivesAWarning(string field) => Assert.Single(Read($"{{{Hello},{field}}}", out _)!.Warnings);

    [Theory]
    [InlineData("\"temperature\":null,\"stop\":null,\"seed\":null,\"tools\":null,\"response_format\":null,\"logit_bias\":null,\"max_tokens\":null,\"stream_options\":null,\"user\":null,\"modalities\":null,\"reasoning\":null")]
    [InlineData("\"whatever\":{\"a\":[1,2,{}]},\"api_base\":\"http://example.test\"")]
    [InlineData("\"stop\":\"\"")]
    public void Field_NullOrUnknown_IsLeftOut(string field)
    {
        var request = Read($"{{{Hello},{field}}}", out var error);

        Assert.Null(error);
        Assert.Empty(request!.Warnings);
        Assert.Empty(request.Stop);
    }

    [Fact]
    public void Body_NotUtf8_IsRefused()
    {
        var json = Encoding.UTF8.GetBytes($"{{{Hello}}}");
        json[^6] = 0xFF;

        Assert.Null(ChatRequestReader.Read(json, out var error));
        Assert.Equal("invalid_utf8", error!.Code);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(65, false)]
    [InlineData(100_000, false)]
    public void Body_TooDeep_IsRefused(int depth, bool accepted)
    {
        var json = $"{{{Hello},\"metadata\":{new string('[', depth)}{new string(']', depth)}}}";

        Assert.Equal(accepted, Read(json, out _) is not null);
    }

    [Theory]
    [InlineData("plain", false)]
    [InlineData("\\ud83d\\ude00", false)]
    [InlineData("\\\\ud83d", false)]
    [InlineData("\\ud83d", true)]
    [InlineData("\\ud83dx", true)]
    [InlineData("\\ud83d\\n", true)]
    [InlineData("\\ude00", true)]
    [InlineData("\\ud83d\\ud83d\\ude00", true)]
    [InlineData("\\u00e9\\n\\\"", false)]
    public void Escapes_WithHalfAPair_AreFound(string escaped, bool lone) =>
        Assert.Equal(lone, GeminiBalance.ProxyService.Json.JsonText.HasLoneSurrogate(Encoding.UTF8.GetBytes(escaped)));

    private static ChatRequest? Read(string json, out OpenAiError? error) => ChatRequestReader.Read(Encoding.UTF8.GetBytes(json), out error);
}
