using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Requests;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>Images a model drew come back with the message they were in, for that is how a picture is changed step by step.</summary>
public sealed class AssistantImageTests
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    [Theory]
    [InlineData("")]
    [InlineData("""{"text":"here"},""")]
    public void AnswerWithAnImage_SentBack_IsTheModelsTurnAgain(string text)
    {
        var answer = Encoding.UTF8.GetBytes($$$"""{"candidates":[{"content":{"parts":[{{{text}}}{"inlineData":{"mimeType":"image/png","data":"{{{Png}}}"},"thoughtSignature":"c2ln"}]},"finishReason":"STOP"}]}""");
        var message = Translated.Answer(answer, Translated.PlainRequest, out _)["choices"]![0]!["message"]!;

        var turn = Contents(message)[1]!;

        Assert.Equal("model", (string?)turn["role"]);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse($$$"""[{{{text}}}{"inlineData":{"mimeType":"image/png","data":"{{{Png}}}"},"thoughtSignature":"c2ln"}]"""), turn["parts"]), turn.ToJsonString());
    }

    [Theory]
    [InlineData(false, null, "c2ln")]
    [InlineData(true, "skip_thought_signature_validator", "skip_thought_signature_validator")]
    public void RefusedSignatures_AreReplacedOnEveryPart(bool refused, string? ofText, string ofImage)
    {
        var message = JsonNode.Parse($$$"""{"role":"assistant","content":"here","images":[{"image_url":{"url":"data:image/png;base64,{{{Png}}}"}}],"extra_content":{"google":{"thought_signature":"c2ln"} } }""")!;

        var parts = Translated.Request(Conversation(message), new TranslationOptions { ReplaceSignatures = refused })["contents"]![1]!["parts"]!;

        Assert.Equal(ofText, (string?)parts[0]!["thoughtSignature"]);
        Assert.Equal(ofImage, (string?)parts[1]!["thoughtSignature"]);
    }

    [Fact]
    public void ImagesBeforeRoleAndText_FollowTheText()
    {
        var parts = Contents(JsonNode.Parse($$$"""{"images":[{"type":"image_url","image_url":"data:image/png;base64,{{{Png}}}","index":0}],"content":"here","role":"assistant"}""")!)[1]!["parts"]!;

        Assert.Equal("here", (string?)parts[0]!["text"]);
        Assert.Equal(Png, (string?)parts[1]!["inlineData"]!["data"]);
    }

    [Theory]
    [InlineData("null", 0)]
    [InlineData("[]", 0)]
    [InlineData("5", 1)]
    [InlineData("""["AAAA",{"type":"image_url"},{"image_url":{"url":null}}]""", 3)]
    public void WhatIsNoImage_IsLeftOutAndTold(string images, int warnings)
    {
        var contents = Contents(JsonNode.Parse($$"""{"role":"assistant","content":"here","images":{{images}}}""")!, out var request);

        Assert.Equal("""[{"text":"here"}]""", contents[1]!["parts"]!.ToJsonString());
        Assert.Equal(warnings, request.Warnings.Count);
    }

    [Fact]
    public void ImageThatIsNone_IsRefusedByPath() =>
        Assert.Equal("messages[1].images[0].image_url.url", Translated.Refusal(Conversation(JsonNode.Parse("""{"role":"assistant","content":"","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}""")!)).Param);

    [Fact]
    public void ImagesOfOthers_MeanNothing()
    {
        var contents = Contents(JsonNode.Parse("""{"role":"user","content":"x","images":["AAAA"]}""")!, out var request);

        Assert.Equal("""[{"text":"x"}]""", contents[1]!["parts"]!.ToJsonString());
        Assert.Empty(request.Warnings);
    }

    [Fact]
    public void StreamedImages_AreNumberedInTheirChoice()
    {
        var image = $$$"""{"inlineData":{"mimeType":"image/png","data":"{{{Png}}}"}}""";
        var chunks = Translated.Stream(Translated.Event($$$"""{"candidates":[{"content":{"parts":[{{{image}}},{{{image}}}]}},{"index":1,"content":{"parts":[{{{image}}}]},"finishReason":"STOP"}]}""")
            + Translated.Event("""{"candidates":[{"content":{"parts":[]},"finishReason":"STOP"}]}"""));

        var numbers = chunks.Select(chunk => chunk["choices"]![0]!).Where(choice => choice["delta"]!["images"] is not null).Select(choice => ((int)choice["index"]!, (int?)choice["delta"]!["images"]![0]!["index"]));
        Assert.Equal([(0, 0), (0, 1), (1, 0)], numbers);
    }

    private static JsonNode Contents(JsonNode message) => Contents(message, out _);

    private static JsonNode Contents(JsonNode message, out ChatRequest request) => Translated.Request(Conversation(message), out request)["contents"]!;

    private static string Conversation(JsonNode message) => $$"""{"model":"gemini-3-pro-image","messages":[{"role":"user","content":"draw"},{{message.ToJsonString()}},{"role":"user","content":"redder"}]}""";
}
