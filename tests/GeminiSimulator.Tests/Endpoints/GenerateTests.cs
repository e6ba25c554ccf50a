using System.Net;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Answers;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Endpoints;

public sealed class GenerateTests(SharedSimulator shared) : SimulatorTest(shared)
{
    [Fact]
    public async Task Generate_PlainText_AnswersInGeminisShapeWithHonestUsage()
    {
        var reply = await GenerateAsync(Saying("How are you?"));

        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.Equal("application/json; charset=UTF-8", reply.ContentType);
        Assert.Equal("model", (string?)reply.Candidate["content"]!["role"]);
        Assert.Equal("STOP", (string?)reply.Candidate["finishReason"]);
        Assert.StartsWith("You said: How are you?", reply.Said, StringComparison.Ordinal);
        Assert.Equal("gemini-2.5-flash", (string?)reply.Json["modelVersion"]);
        Assert.Equal(20, ((string)reply.Json["responseId"]!).Length);
        var (prompt, candidates, thoughts) = ((int)reply.Usage["promptTokenCount"]!, (int)reply.Usage["candidatesTokenCount"]!, (int)reply.Usage["thoughtsTokenCount"]!);
        Assert.Equal(4, prompt);
        Assert.Equal(Tokenizer.Count(reply.Said), candidates);
        Assert.Equal(Thinking.DefaultTokens, thoughts);
        Assert.Equal(prompt + candidates + thoughts, (int)reply.Usage["totalTokenCount"]!);
        Assert.Equal("""[{"modality":"TEXT","tokenCount":4}]""", reply.Usage["promptTokensDetails"]!.ToJsonString());
    }

    [Fact]
    public async Task Generate_SameRequestTwice_AnswersTheSame()
    {
        var first = await GenerateAsync(Saying("again"));
        var second = await GenerateAsync(Saying("again"));
        var other = await GenerateAsync(Saying("again."));

        Assert.Equal(first.Text, second.Text);
        Assert.NotEqual(first.Text, other.Text);
    }

    [Fact]
    public async Task Generate_SnakeCaseLoneValuesAndV1_AreTaken()
    {
        var reply = await PostAsync("/v1/models/gemini-2.5-flash:generateContent", """
            {"system_instruction":{"parts":{"text":"Be brief"}},"contents":{"parts":{"text":"hello"}},"generation_config":{"max_output_tokens":"50","candidate_count":1.0,"stop_sequences":null}}
            """);

        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.StartsWith("As instructed: Be brief\nYou said: hello", reply.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(10, false)]
    public async Task Generate_MaxOutputTokens_CountsThoughtsAndEndsThere(int most, bool anythingSaid)
    {
        var reply = await GenerateAsync(Saying("tell me more", $$$"""{"generationConfig":{"maxOutputTokens":{{{most}}}}}"""));

        Assert.Equal("MAX_TOKENS", (string?)reply.Candidate["finishReason"]);
        Assert.Equal(anythingSaid, reply.Candidate["content"]!["parts"] is not null);
        Assert.Equal(most, ((int?)reply.Usage["candidatesTokenCount"] ?? 0) + (int)reply.Usage["thoughtsTokenCount"]!);
    }

    [Fact]
    public async Task Generate_StopSequence_EndsBeforeIt()
    {
        var reply = await GenerateAsync(Saying("one STOPHERE two", """{"generationConfig":{"stopSequences":["zzz","STOPHERE"]}}"""));

        Assert.Equal("You said: one ", reply.Said);
        Assert.Equal("STOP", (string?)reply.Candidate["finishReason"]);
    }

    [Theory]
    [InlineData("gemini-2.5-flash", """{"thinkingBudget":0}""", 0)]
    [InlineData("gemini-2.5-flash", """{"thinkingBudget":5}""", 5)]
    [InlineData("gemini-2.5-flash-lite", """{"includeThoughts":true}""", 0)]
    [InlineData("gemini-2.5-flash-lite", """{"thinkingBudget":-1}""", 24)]
    [InlineData("gemini-3.5-flash", """{"thinkingLevel":"minimal"}""", 4)]
    [InlineData("gemini-4-neon", """{"thinkingLevel":"XHIGH"}""", 96)]
    public async Task Generate_ThinkingConfig_SteersThoughts(string model, string thinking, int expected)
    {
        var reply = await GenerateAsync(Saying("think", """{"generationConfig":{"thinkingConfig":""" + thinking + "}}"), model);

        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.Equal(expected, (int?)reply.Usage["thoughtsTokenCount"] ?? 0);
    }

    [Fact]
    public async Task Generate_IncludeThoughts_ShowsAThoughtPart()
    {
        var reply = await GenerateAsync(Saying("think", """{"generationConfig":{"thinkingConfig":{"includeThoughts":true}}}"""));

        Assert.True((bool)reply.Candidate["content"]!["parts"]![0]!["thought"]!);
        Assert.StartsWith("You said", reply.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_Candidates_AreIndexedFromTheSecondOn()
    {
        var reply = await GenerateAsync(Saying("choose", """{"generationConfig":{"candidateCount":3}}"""));

        Assert.Equal([null, 1, 2], reply.Json["candidates"]!.AsArray().Select(candidate => (int?)candidate!["index"]));
        Assert.Equal(3 * Tokenizer.Count(reply.Said), (int)reply.Usage["candidatesTokenCount"]!);
    }

    [Fact]
    public async Task Generate_Image_CountsItAndAnswersAPicture()
    {
        var body = Saying("paint");
        body["contents"]![0]!["parts"]!.AsArray().Add(JsonNode.Parse("""{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}"""));
        var reply = await GenerateAsync(body, "gemini-3.1-flash-image");

        Assert.Contains(reply.Usage["promptTokensDetails"]!.AsArray(), detail => (string?)detail!["modality"] == "IMAGE" && (int?)detail["tokenCount"] == Tokenizer.MediaTokens);
        var picture = reply.Candidate["content"]!["parts"]![1]!["inlineData"]!;
        Assert.Equal("image/png", (string?)picture["mimeType"]);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], Convert.FromBase64String((string)picture["data"]!)[..4]);
    }

    [Fact]
    public async Task Generate_Speech_AnswersSoundOfTheLengthItCounts()
    {
        var reply = await GenerateAsync(Saying("good morning to you", """{"generationConfig":{"responseModalities":["AUDIO"]}}"""), "gemini-3.8-flash-tts");

        var sound = reply.Candidate["content"]!["parts"]![0]!["inlineData"]!;
        Assert.Equal("audio/L16;codec=pcm;rate=24000", (string?)sound["mimeType"]);
        Assert.Equal((int)reply.Usage["candidatesTokenCount"]! * 1920, Convert.FromBase64String((string)sound["data"]!).Length);
    }

    [Fact]
    public async Task Generate_CodeExecution_ShowsCodeAndResultAndCountsToolTokens()
    {
        var reply = await GenerateAsync(Saying("add", """{"tools":[{"codeExecution":{}}]}"""));

        var parts = reply.Candidate["content"]!["parts"]!;
        Assert.Equal("PYTHON", (string?)parts[0]!["executableCode"]!["language"]);
        Assert.Equal("OUTCOME_OK", (string?)parts[1]!["codeExecutionResult"]!["outcome"]);
        var sum = new[] { "promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount" }.Sum(name => (int)reply.Usage[name]!);
        Assert.Equal(sum, (int)reply.Usage["totalTokenCount"]!);
    }

    [Fact]
    public async Task Generate_Alias_NamesTheModelThatAnswered()
    {
        var reply = await GenerateAsync(Saying("who are you"), "gemini-flash-latest");

        Assert.Equal("gemini-3.8-flash", (string?)reply.Json["modelVersion"]);
    }

    [Theory]
    [InlineData("gemini-2.0-flash")]
    [InlineData("gemini-embedding-001")]
    [InlineData("nothing")]
    public async Task Generate_ModelWithoutIt_Answers404(string model)
    {
        var reply = await GenerateAsync(Saying("x"), model);

        Assert.Equal(HttpStatusCode.NotFound, reply.Status);
        Assert.Equal("NOT_FOUND", (string?)reply.Json["error"]!["status"]);
        Assert.Contains($"models/{model} is not found for API version v1beta, or is not supported for generateContent", reply.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1beta/models/gemini-2.5-flash:fly")]
    [InlineData("/v1beta/other")]
    public async Task Post_UnknownPath_AnswersGooglesPage(string path)
    {
        var reply = await PostAsync(path, "{}");

        Assert.Equal(HttpStatusCode.NotFound, reply.Status);
        Assert.StartsWith("text/html", reply.ContentType, StringComparison.Ordinal);
        Assert.Equal("unknown", Assert.Single(await Control.LedgerAsync()).Method);
    }

    [Fact]
    public async Task CountTokens_BothForms_CountAsGenerateDoes()
    {
        var plain = await PostAsync("/v1beta/models/gemini-2.5-flash:countTokens", Saying("count these words").ToJsonString());
        var wrapped = await PostAsync("/v1beta/models/gemini-2.5-flash:countTokens", new JsonObject { ["generateContentRequest"] = Saying("count these words", """{"model":"models/gemini-2.5-flash"}""") }.ToJsonString());
        var used = await GenerateAsync(Saying("count these words"));

        Assert.Equal((int)used.Usage["promptTokenCount"]!, (int)plain.Json["totalTokens"]!);
        Assert.Equal(plain.Text, wrapped.Text);
    }

    [Fact]
    public async Task CountTokens_NothingToCount_Answers400()
    {
        var reply = await PostAsync("/v1beta/models/gemini-2.5-flash:countTokens", "{}");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal("contents", (string?)reply.Detail("BadRequest")!["fieldViolations"]![0]!["field"]);
    }

    [Fact]
    public async Task Generate_BodyOverTheLimit_Answers400AndTheNextCallWorks()
    {
        await using var small = await TestKit.GeminiSimulatorHost.StartAsync("--Simulator:BodyLimit=2000");
        using var client = new HttpClient { BaseAddress = small.Address };
        var path = "/v1beta/models/gemini-2.5-flash:generateContent";
        using var refused = await client.SendAsync(Request(path, Saying(new string('x', 3000)).ToJsonString(), Key.Value), TestContext.Current.CancellationToken);
        using var taken = await client.SendAsync(Request(path, Saying("x").ToJsonString(), Key.Value), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("Request payload size exceeds the limit: 2000 bytes.", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }
}
