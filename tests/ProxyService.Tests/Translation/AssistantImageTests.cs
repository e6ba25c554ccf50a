using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Requests;
using GeminiBalance.ProxyService.Translation.Responses;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>Images a model drew come back with the message they were in, for that is how a picture is changed step by step.</summary>
public sealed class AssistantImageTests
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private const string Unchecked = "skip_thought_signature_validator";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnswerWithImages_SentBack_IsTheModelsTurnAgain(bool streamed)
    {
        Assert.Equal(Parts(Text("here", "c2ln"), Image("aW1n"), Image("aW1nMg==")), Again(streamed, Text("here", "c2ln"), Image("aW1n"), Image("aW1nMg==")));
        Assert.Equal(Parts(Text("here", Unchecked), Image("aW1n")), Again(streamed, Text("here"), Image("aW1n")));
        Assert.Equal(Parts(Image("aW1n"), Image(Unchecked)), Again(streamed, Image("aW1n"), Image()));
        Assert.Equal(Parts(Image("aW1n")), Again(streamed, Image("aW1n"), Text("", "c2ln")));
    }

    [Fact]
    public void SignatureOfAnImage_IsFoundAtTheMessageToo()
    {
        var message = Answered(streamed: false, Image("aW1n"));
        ((JsonObject)message["images"]![0]!).Remove("extra_content");

        Assert.Equal(Parts(Image("aW1n")), Contents(message)[1]!["parts"]!.ToJsonString());
    }

    [Fact]
    public void AnswerThatIsRemembered_KeepsTheSignatureOfItsTextOnly()
    {
        Assert.Equal("c2ln", Assert.Single(Remembered(Text("here", "c2ln"), Image("aW1n"))).Signature);
        Assert.Empty(Remembered(Text("here"), Image("aW1n")));

        static List<SignedCall> Remembered(params string[] parts)
        {
            Translated.Answer(Encoding.UTF8.GetBytes(Whole(parts)), Translated.PlainRequest, out var signed);
            return signed;
        }
    }

    [Theory]
    [InlineData("gemini-3-pro-image", "here", true, true)]
    [InlineData("gemini-3-pro-image", "", false, true)]
    [InlineData("gemini-2.5-flash-image", "here", false, false)]
    [InlineData("gemini-3-flash-preview", "here", false, false)]
    public void WhatComesBackWithoutASignature_GetsTheWordForThatWhereOneIsDemanded(string model, string content, bool text, bool image)
    {
        var message = JsonNode.Parse($$$"""{"role":"assistant","content":"{{{content}}}","images":[{"image_url":{"url":"data:image/png;base64,{{{Png}}}"}}]}""")!;

        var parts = Translated.Request(Conversation(message, model))["contents"]![1]!["parts"]!.ToJsonString();

        Assert.Equal(content.Length > 0 ? Parts(Text(content, text ? Unchecked : null), Image(image ? Unchecked : null)) : Parts(Image(image ? Unchecked : null)), parts);
    }

    [Fact]
    public void TextAModelThatDrawsHasSaid_IsSignedTooAndOthersNeedNotBe()
    {
        const string Said = """{"role":"assistant","content":"hello"}""";

        Assert.Equal(Parts(Text("hello", Unchecked)), Contents(JsonNode.Parse(Said)!)[1]!["parts"]!.ToJsonString());
        Assert.Equal(Parts(Text("hello")), Translated.Request(Conversation(JsonNode.Parse(Said)!, "gemini-3-flash-preview"))["contents"]![1]!["parts"]!.ToJsonString());
    }

    [Fact]
    public void RefusedSignatures_AreAllReplaced()
    {
        var message = Answered(streamed: false, Text("here", "c2ln"), Image("aW1n"));

        var parts = Translated.Request(Conversation(message), new TranslationOptions { ReplaceSignatures = true })["contents"]![1]!["parts"]!.ToJsonString();

        Assert.Equal(Parts(Text("here", Unchecked), Image(Unchecked)), parts);
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

        Assert.Equal(Parts(Text("here", Unchecked)), contents[1]!["parts"]!.ToJsonString());
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

    private static string Conversation(JsonNode message, string model = "gemini-3-pro-image") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"draw"},{{message.ToJsonString()}},{"role":"user","content":"redder"}]}""";

    private static string Text(string text, string? signature = null) => $$"""{"text":"{{text}}"{{Signed(signature)}}}""";

    private static string Image(string? signature = null) => $$$"""{"inlineData":{"mimeType":"image/png","data":"{{{Png}}}"}{{{Signed(signature)}}}}""";

    private static string Signed(string? signature) => signature is null ? "" : $",\"thoughtSignature\":\"{signature}\"";

    private static string Parts(params string[] parts) => JsonNode.Parse($"[{string.Join(',', parts)}]")!.ToJsonString();

    private static string Whole(params string[] parts) => $$$"""{"candidates":[{"content":{"parts":[{{{string.Join(',', parts)}}}]},"finishReason":"STOP"}]}""";

    private static string Again(bool streamed, params string[] parts) => Contents(Answered(streamed, parts))[1]!["parts"]!.ToJsonString();

    /// <summary>The message a client has after an answer of these parts; of a stream, put together from its chunks.</summary>
    private static JsonNode Answered(bool streamed, params string[] parts)
    {
        if (!streamed)
        {
            return Translated.Answer(Whole(parts))["choices"]![0]!["message"]!;
        }

        var message = new JsonObject { ["role"] = "assistant", ["content"] = "", ["images"] = new JsonArray() };
        foreach (var delta in Translated.Stream(string.Concat(parts.Select(part => Translated.Event(Whole(part))))).Select(chunk => chunk["choices"]![0]!["delta"]!))
        {
            message["content"] = (string?)message["content"] + (string?)delta["content"];
            message["extra_content"] = delta["extra_content"]?.DeepClone() ?? message["extra_content"]?.DeepClone();
            foreach (var image in delta["images"]?.AsArray() ?? [])
            {
                message["images"]!.AsArray().Add(image!.DeepClone());
            }
        }

        return message;
    }
}
