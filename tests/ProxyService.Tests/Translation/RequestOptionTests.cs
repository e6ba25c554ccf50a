using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.Translation.Requests;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>The rows of the request table: what becomes of each option.</summary>
public sealed class RequestOptionTests
{
    [Theory]
    [InlineData("gemini-2.5-flash", "\"temperature\":0.3", """{"temperature":0.3}""")]
    [InlineData("gemini-2.5-flash", "\"top_p\":0", "{}")]
    [InlineData("gemini-2.5-flash", "\"max_tokens\":5,\"max_completion_tokens\":7", """{"maxOutputTokens":7}""")]
    [InlineData("gemini-2.5-flash", "\"n\":2", """{"candidateCount":2}""")]
    [InlineData("gemini-2.5-flash", "\"stop\":\"\"", "{}")]
    [InlineData("gemini-2.5-flash", "\"stop\":[]", "{}")]
    [InlineData("gemini-2.5-flash", "\"stop\":\"x\"", """{"stopSequences":["x"]}""")]
    [InlineData("gemini-2.5-flash", "\"seed\":3000000000", """{"seed":852516352}""")]
    [InlineData("gemini-2.5-flash", "\"seed\":0", """{"seed":0}""")]
    [InlineData("gemini-2.5-flash", "\"logprobs\":true,\"top_logprobs\":3", """{"responseLogprobs":true,"logprobs":3}""")]
    [InlineData("gemini-2.0-flash", "\"presence_penalty\":2,\"frequency_penalty\":-2", """{"presencePenalty":1.99,"frequencyPenalty":-2}""")]
    [InlineData("gemini-2.5-flash", "\"response_format\":{\"type\":\"json_object\"}", """{"responseMimeType":"application/json"}""")]
    [InlineData("gemini-2.5-flash", "\"response_format\":{\"type\":\"text\"}", "{}")]
    [InlineData("gemini-2.5-flash-image", "\"modalities\":[\"text\",\"image\"]", """{"responseModalities":["TEXT","IMAGE"]}""")]
    [InlineData("gemini-2.5-flash-preview-tts", "\"modalities\":[\"audio\"],\"audio\":{\"voice\":\"alloy\",\"format\":\"wav\"}", """{"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}}""")]
    [InlineData("gemini-2.5-flash-preview-tts", "\"modalities\":[\"audio\"],\"audio\":{\"voice\":\"Puck\"}", """{"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Puck"}}}}""")]
    [InlineData("gemini-3-pro-image", "\"google\":{\"image_config\":{\"aspect_ratio\":\"16:9\",\"imageSize\":\"2K\"}}", """{"imageConfig":{"aspectRatio":"16:9","imageSize":"2K"}}""")]
    [InlineData("gemini-2.5-flash", "\"google\":{\"media_resolution\":\"low\"}", """{"mediaResolution":"MEDIA_RESOLUTION_LOW"}""")]
    [InlineData("gemini-2.5-flash", "\"google\":{\"thinking_config\":{\"thinking_budget\":512,\"include_thoughts\":true}}", """{"thinkingConfig":{"thinkingBudget":512,"includeThoughts":true}}""")]
    [InlineData("gemini-2.5-flash", "\"extra_body\":{\"google\":{\"thinkingConfig\":{\"thinkingLevel\":\"LOW\"}}}", """{"thinkingConfig":{"thinkingBudget":1024,"includeThoughts":true}}""")]
    [InlineData("gemini-2.5-flash", "\"extra_body\":{\"extra_body\":{\"google\":{\"thinking_config\":{\"include_thoughts\":true}}}}", """{"thinkingConfig":{"includeThoughts":true}}""")]
    [InlineData("gemini-4-argon", "\"google\":{\"thinking_config\":{\"thinking_budget\":9000}}", """{"thinkingConfig":{"thinkingLevel":"HIGH"}}""")]
    [InlineData("gemini-2.5-flash-lite", "\"google\":{\"thinking_config\":{\"thinking_budget\":100}}", """{"thinkingConfig":{"thinkingBudget":512}}""")]
    [InlineData("gemini-2.5-flash", "\"reasoning\":{\"effort\":\"high\"}", """{"thinkingConfig":{"thinkingBudget":24576,"includeThoughts":true}}""")]
    [InlineData("gemini-2.5-flash", "\"verbosity\":\"low\",\"store\":true,\"metadata\":{\"a\":\"b\"},\"prediction\":{\"type\":\"content\"},\"moderation\":{},\"prompt_cache_retention\":\"24h\",\"user\":\"u\"", "{}")]
    public void Option_BecomesGenerationConfig(string model, string option, string config) =>
        Assert.Equal(config, Translated.Request($$"""{"model":"{{model}}","messages":[{"role":"user","content":"q"}],{{option}}}""")["generationConfig"]!.ToJsonString());

    [Theory]
    [InlineData("gemini-4-argon", "\"n\":2", "unsupported_value", "n")]
    [InlineData("gemini-2.5-flash", "\"modalities\":[\"audio\"]", "unsupported_value", "modalities")]
    [InlineData("gemini-2.5-flash", "\"modalities\":[\"image\"]", "unsupported_value", "modalities")]
    [InlineData("gemini-2.5-flash", "\"logit_bias\":{\"5\":1}", "unsupported_parameter", "logit_bias")]
    [InlineData("gemini-2.5-flash", "\"google\":{\"cached_content\":\"../x\"}", "invalid_value", "google.cached_content")]
    [InlineData("gemini-2.5-flash", "\"google\":{\"safety_settings\":[{\"category\":\"X\",\"threshold\":\"Y\"}]}", "invalid_value", "google.safety_settings[0]")]
    [InlineData("gemma-3-27b-it", "\"web_search_options\":{}", "unsupported_parameter", "web_search_options")]
    public void Option_TheModelCannotHonour_IsRefused(string model, string option, string code, string param)
    {
        var error = Translated.Refusal($$"""{"model":"{{model}}","messages":[{"role":"user","content":"q"}],{{option}}}""");

        Assert.Equal((400, code, param), (error.Status, error.Code, error.Param));
    }

    [Theory]
    [InlineData("\"service_tier\":\"flex\"", "serviceTier", "\"flex\"")]
    [InlineData("\"service_tier\":\"default\"", "serviceTier", "\"standard\"")]
    [InlineData("\"service_tier\":\"auto\"", "serviceTier", null)]
    [InlineData("\"google\":{\"cached_content\":\"cachedContents/abc\"}", "cachedContent", "\"cachedContents/abc\"")]
    [InlineData("\"google\":{\"safety_settings\":[{\"category\":\"HARASSMENT\",\"threshold\":\"BLOCK_ONLY_HIGH\"}]}", "safetySettings", """[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_ONLY_HIGH"}]""")]
    [InlineData("\"web_search_options\":{\"search_context_size\":\"low\"}", "tools", """[{"googleSearch":{}}]""")]
    public void Option_BecomesATopLevelField(string option, string field, string? value) =>
        Assert.Equal(value, Translated.Request($$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],{{option}}}""")[field]?.ToJsonString());

    [Fact]
    public void G25_PenaltyOnAModelThatRefusesIt_IsLeftOutWithAWarning()
    {
        var written = Translated.Request("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"presence_penalty":0.5}""", out var request);

        Assert.Equal("{}", written["generationConfig"]!.ToJsonString());
        Assert.Equal(["the model does not support presence_penalty"], request.Warnings);
    }

    [Fact]
    public void G26_AssistantLast_IsContinued_OrRefusedWhenSoSet()
    {
        const string Prefill = """{"model":"gemini-3.6-flash","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""";

        Assert.Equal("Continue.", (string?)Translated.Request(Prefill)["contents"]![2]!["parts"]![0]!["text"]);
        Assert.Equal("messages", Translated.Refusal(Prefill, new TranslationOptions { RefusePrefill = true }).Param);
        Assert.Equal(2, Translated.Request(Prefill.Replace("3.6", "2.5", StringComparison.Ordinal))["contents"]!.AsArray().Count);
    }

    [Fact]
    public void G24_ThinkingOff_OnAModelThatAlwaysThinks_IsTheLeastItCan_OrRefusedWhenSoSet()
    {
        const string Off = """{"model":"gemini-2.5-pro","messages":[{"role":"user","content":"a"}],"reasoning_effort":"none"}""";

        Assert.Equal("""{"thinkingBudget":128,"includeThoughts":false}""", Translated.Request(Off)["generationConfig"]!["thinkingConfig"]!.ToJsonString());
        Assert.Equal("reasoning_effort", Translated.Refusal(Off, new TranslationOptions { RefuseThinkingOff = true }).Param);
    }

    [Fact]
    public void G43_JsonBesideTools_IsAskedForInWordsOnOlderModels_AndPlainlyOnNewerOnes()
    {
        const string Both = """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"f"}}],"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"a":{"type":"string"}}}}}}""";
        var older = Translated.Request(Both, out var request);

        Assert.Null(older["generationConfig"]!["responseMimeType"]);
        Assert.Contains("\"properties\":{\"a\"", (string)older["systemInstruction"]!["parts"]![0]!["text"]!, StringComparison.Ordinal);
        Assert.Single(request.Warnings);
        Assert.Equal("response_format", Translated.Refusal(Both, new TranslationOptions { RefuseJsonWithTools = true }).Param);
        Assert.NotNull(Translated.Request(Both.Replace("2.5", "3.5", StringComparison.Ordinal))["generationConfig"]!["responseJsonSchema"]);
    }

    [Fact]
    public void Gateway_PutsItsTextsIn()
    {
        var written = Translated.Request(
            """{"model":"gemini-2.5-flash","messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}""",
            new TranslationOptions { SystemText = "be \"kind\"", UserPrefix = "P", UserSuffix = "S", SafetyThreshold = "BLOCK_ONLY_HIGH" });

        Assert.Equal(["be \"kind\"", "s"], Texts(written["systemInstruction"]!));
        Assert.Equal(["P", "a"], Texts(written["contents"]![0]!));
        Assert.Equal(["b"], Texts(written["contents"]![1]!));
        Assert.Equal(["c", "S"], Texts(written["contents"]![2]!));
        Assert.Equal(4, written["safetySettings"]!.AsArray().Count);
    }

    [Theory]
    [InlineData(nameof(LearnedLimits.Sampling), "\"temperature\":1", "temperature")]
    [InlineData(nameof(LearnedLimits.Seed), "\"seed\":1", "seed")]
    [InlineData(nameof(LearnedLimits.Thinking), "\"reasoning_effort\":\"low\"", "thinkingConfig")]
    [InlineData(nameof(LearnedLimits.MediaResolution), "\"google\":{\"media_resolution\":\"low\"}", "mediaResolution")]
    public void LearnedLimit_LeavesTheFieldOut(string learned, string option, string field)
    {
        var request = $$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],{{option}}}""";

        Assert.NotNull(Translated.Request(request)["generationConfig"]![field]);
        Assert.Null(Translated.Request(request, new TranslationOptions { Learned = Enum.Parse<LearnedLimits>(learned) })["generationConfig"]![field]);
    }

    [Fact]
    public void AffinityHint_PrefersTheCacheKey() =>
        Assert.Equal("k", Translated.Read("""{"model":"m","messages":[{"role":"user","content":"q"}],"prompt_cache_key":"k","user":"u","safety_identifier":"s"}""").AffinityHint);

    private static IEnumerable<string?> Texts(JsonNode content) => content["parts"]!.AsArray().Select(part => (string?)part!["text"]);
}
