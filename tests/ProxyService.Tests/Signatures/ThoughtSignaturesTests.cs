using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Signatures;
using GeminiBalance.ProxyService.Tests.Translation;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ProxyService.Translation.Streaming;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Signatures;

public sealed class ThoughtSignaturesTests
{
    private const string Family = "gemini-3-flash";
    private const string Answer = "Grüße \"q\" \n 😀";

    private static readonly Guid Owner = Guid.CreateVersion7();
    private static readonly ModelProfile Profile = ModelProfiles.Default.For("gemini-3-flash-preview");

    [Fact]
    public async Task Call_GetsItsSignatureBack_OfTheSameFamilyOnly()
    {
        using var store = new ThoughtSignatures(new SignatureShareStub());
        store.Remember(Owner, [new SignedCall("a", "kept")], Family);

        Assert.Equal(["kept", null], await CallsAsync(store, Owner, Profile, Step(["a", "b"])));
        Assert.Equal([null], await CallsAsync(store, Owner, ModelProfiles.Default.For("gemini-4-neon"), Step(["a"], "foreign")));
    }

    [Fact]
    public async Task Call_OfAnotherAccessKey_GetsNothing()
    {
        using var store = new ThoughtSignatures(new SignatureShareStub());
        store.Remember(Owner, [new SignedCall("a", "kept")], Family);

        Assert.Equal([null], await CallsAsync(store, Guid.CreateVersion7(), Profile, Step(["a"])));
    }

    [Fact]
    public async Task Call_WhoseSignatureTheClientKept_KeepsIt()
    {
        using var store = new ThoughtSignatures(new SignatureShareStub());
        store.Remember(Owner, [new SignedCall("a", "kept")], Family);

        Assert.Equal(["own"], await CallsAsync(store, Owner, Profile, Step(["a"], "own")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnswerWithoutCalls_IsRecognisedByItsText(bool streamed)
    {
        using var store = new ThoughtSignatures(new SignatureShareStub());
        var signed = streamed ? Streamed() : Whole();

        store.Remember(Owner, signed, Family);

        Assert.Equal("sig", await TextAsync(store, Owner, Profile, Answer));
        Assert.Equal("sig", await TextAsync(store, Owner, Profile, Answer, "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="));
        Assert.Null(await TextAsync(store, Owner, Profile, Answer + "."));
        Assert.Null(await TextAsync(store, Guid.CreateVersion7(), Profile, Answer));
        Assert.Null(await TextAsync(store, Owner, ModelProfiles.Default.For("gemini-4-neon"), Answer));
    }

    [Fact]
    public async Task Call_AnsweredByAnotherReplica_IsFoundWhereTheyShareAndThenRemembered()
    {
        var share = new SignatureShareStub();
        using var one = new ThoughtSignatures(share);
        using var other = new ThoughtSignatures(share);
        one.Remember(Owner, [new SignedCall("c", "kept"), new SignedCall("text-x", "sig", IsText: true)], Family);

        Assert.Equal(["kept", null], await CallsAsync(other, Owner, Profile, Step(["c", "d"])));
        Assert.Equal(["kept", null], await CallsAsync(other, Owner, Profile, Step(["c", "d"])));
        Assert.Single(share.Kept);
        Assert.Equal(1, share.Asked);
    }

    [Fact]
    public async Task Share_IsAskedOnlyForWhatWillBeDemanded()
    {
        var share = new SignatureShareStub();
        using var store = new ThoughtSignatures(share);
        const string earlier = """{"role":"user","content":"next"}""";

        await CallsAsync(store, Owner, Profile, Step(["a"]), earlier);
        await CallsAsync(store, Owner, ModelProfiles.Default.For("gemini-2.5-flash"), Step(["a"]));
        await CallsAsync(store, Owner, Profile, Step(["a"], "own"));

        Assert.Equal(0, share.Asked);
    }

    private static List<SignedCall> Whole()
    {
        Translated.Answer(Encoding.UTF8.GetBytes($$"""{"candidates":[{"content":{"parts":[{"text":{{JsonValue.Create(Answer[..4]).ToJsonString()}}},{"text":{{JsonValue.Create(Answer[4..]).ToJsonString()}},"thoughtSignature":"sig"}]},"finishReason":"STOP"}]}"""), Translated.PlainRequest, out var signed);
        return signed;
    }

    private static List<SignedCall> Streamed()
    {
        using var translator = new StreamTranslator(Translated.Shape(Translated.PlainRequest));
        using var target = new PooledBuffer();
        var reply = new GenerateContentReply();
        foreach (var part in (string[])[$$"""{"text":{{JsonValue.Create(Answer[..5]).ToJsonString()}}}""", $$"""{"text":{{JsonValue.Create(Answer[5..]).ToJsonString()}}}""", """{"text":"","thoughtSignature":"sig"}"""])
        {
            var json = Encoding.UTF8.GetBytes($$$"""{"candidates":[{"content":{"parts":[{{{part}}}]},"finishReason":"STOP"}]}""");
            Assert.True(GenerateContentReader.TryRead(json, reply));
            translator.Write(reply, json, target);
        }

        translator.Judge();
        translator.Finish(reply.ResponseId, target);
        return translator.Signed;
    }

    private static async Task<string?[]> CallsAsync(ThoughtSignatures store, Guid owner, ModelProfile profile, params string[] messages)
    {
        var body = $$"""{"model":"m","messages":[{"role":"user","content":"q"},{{string.Join(',', messages)}}]}""";
        var request = Translated.Read(body);
        await store.RestoreAsync(owner, request, Encoding.UTF8.GetBytes(body), profile);
        return [.. request.Calls.Select(call => call.Signature)];
    }

    private static async Task<string?> TextAsync(ThoughtSignatures store, Guid owner, ModelProfile profile, string answer, params string[] images)
    {
        var message = new JsonObject { ["role"] = "assistant", ["content"] = answer, ["images"] = new JsonArray([.. images.Select(image => new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = image } })]) };
        var body = new JsonObject
        {
            ["model"] = "m",
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "q" }, message, new JsonObject { ["role"] = "user", ["content"] = "r" }),
        }.ToJsonString();
        var request = Translated.Read(body);
        await store.RestoreAsync(owner, request, Encoding.UTF8.GetBytes(body), profile);
        return request.Messages[1].Signature;
    }

    private static string Step(string[] ids, string? signature = null)
    {
        JsonObject Call(string id)
        {
            var call = new JsonObject { ["id"] = id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = "f", ["arguments"] = "{}" } };
            if (signature is not null)
            {
                call["extra_content"] = new JsonObject { ["google"] = new JsonObject { ["thought_signature"] = signature } };
            }

            return call;
        }

        var caller = new JsonObject { ["role"] = "assistant", ["content"] = null, ["tool_calls"] = new JsonArray([.. ids.Select(Call)]) };
        return string.Join(',', ids.Select(id => new JsonObject { ["role"] = "tool", ["tool_call_id"] = id, ["content"] = "1" }.ToJsonString()).Prepend(caller.ToJsonString()));
    }
}
