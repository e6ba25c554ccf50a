using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Translation.Errors;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>Edge cases by the numbers of the design, where no other test has them by name.</summary>
public sealed class NumberedCasesTests
{
    [Theory]
    [InlineData("googleai/streaming-success-citations.txt")]
    [InlineData("vertexai/streaming-success-unknown-safety-enum.txt")]
    public void G1_StopOnEveryEvent_FinishesOnce(string name) =>
        Assert.Single(Translated.Stream(Recorded.Bytes(name)), chunk => chunk["choices"]![0]!["finish_reason"] is not null);

    [Fact]
    public void G9_NullArgument_Survives() => Assert.Contains(
        "null", (string)Translated.Answer(Recorded.Bytes("vertexai/unary-success-function-call-null.json"))["choices"]![0]!["message"]!["tool_calls"]![0]!["function"]!["arguments"]!, StringComparison.Ordinal);

    [Theory]
    [InlineData("gemini-3.8-flash", "minimal", "thinkingLevel", "LOW")]
    [InlineData("gemini-2.5-flash", "high", "thinkingBudget", "24576")]
    [InlineData("gemini-4-argon", "low", "thinkingLevel", "LOW")]
    public void G21_G22_G23_Effort_IsSaidAsTheFamilyTakesIt(string model, string effort, string field, string value)
    {
        var thinking = Request(model, $"\"reasoning_effort\":\"{effort}\"")["generationConfig"]!["thinkingConfig"]!.AsObject();

        Assert.Equal(value, thinking[field]!.ToString());
        Assert.Single(thinking, property => property.Key.StartsWith("thinking", StringComparison.Ordinal));
    }

    [Fact]
    public void G27_TwoChoicesOnGemini4_AreRefused() => Assert.Equal("n", Translated.Refusal("""{"model":"gemini-4-neon","messages":[{"role":"user","content":"q"}],"n":2}""").Param);

    [Theory]
    [InlineData("\"stop\":\"\"")]
    [InlineData("\"stop\":[]")]
    public void G29_EmptyStop_IsLeftOut(string stop) => Assert.Null(Request("gemini-2.5-flash", stop)["generationConfig"]!["stopSequences"]);

    [Fact]
    public void G30_LongSeed_IsFolded() => Assert.InRange((long)Request("gemini-2.5-flash", "\"seed\":3000000000")["generationConfig"]!["seed"]!, 0, int.MaxValue);

    [Fact]
    public void G31_SystemAndDeveloperMessagesAnywhere_AreOneInstructionInOrder()
    {
        var written = Translated.Request("""{"model":"gemini-2.5-flash","messages":[{"role":"system","content":"1"},{"role":"developer","content":"2"},{"role":"user","content":"q"},{"role":"assistant","content":"a"},{"role":"system","content":"3"},{"role":"user","content":"r"}]}""");

        Assert.Equal(["1", "2", "3"], written["systemInstruction"]!["parts"]!.AsArray().Select(part => (string)part!["text"]!));
    }

    [Fact]
    public void G47_UnknownEndWithText_IsStop() => Assert.Equal("stop", (string?)Translated.Answer("""{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"FAKE_ENUM"}]}""")["choices"]![0]!["finish_reason"]);

    [Fact]
    public void G53_UsageOfThePromptAlone_HasAllCounts()
    {
        var usage = Translated.Answer("""{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":6}}""")["usage"]!;

        Assert.Equal((6, 0, 6), ((int)usage["prompt_tokens"]!, (int)usage["completion_tokens"]!, (int)usage["total_tokens"]!));
    }

    [Theory]
    [InlineData(404, "models/x is no longer available to new users.", UpstreamOutcomeClass.QuotaNotOffered, true)]
    [InlineData(403, "Consumer 'api_key:AQ.abc' has been suspended.", UpstreamOutcomeClass.KeyForbidden, true)]
    [InlineData(403, "Your API key was reported as leaked.", UpstreamOutcomeClass.KeyForbidden, true)]
    [InlineData(403, "Your project has been denied access. Please contact support.", UpstreamOutcomeClass.KeyForbidden, true)]
    [InlineData(503, "This model is currently experiencing high demand. Spikes in demand are usually temporary.", UpstreamOutcomeClass.Overloaded, true)]
    [InlineData(400, "Unable to process input image.", UpstreamOutcomeClass.ClientError, false)]
    [InlineData(401, "Request had invalid authentication credentials. Expected OAuth 2 access token.", UpstreamOutcomeClass.KeyInvalid, true)]
    public void G58ToG62_Refusals_BlameWhomTheyShould(int status, string message, UpstreamOutcomeClass expected, bool another)
    {
        var outcome = FailureClassifier.Classify(status, null, Encoding.UTF8.GetBytes($$$"""{"error":{"code":{{{status}}},"message":"{{{message}}}"}}"""), new DateTimeOffset(2026, 3, 4, 12, 0, 0, TimeSpan.Zero), 0);

        Assert.Equal((expected, another), (outcome.Class, outcome.Retry != RetryAdvice.No));
        Assert.NotInRange(ErrorTranslation.Translate(outcome, null).Status, 401, 403);
    }

    [Fact]
    public void G63_KeyInAMessage_NeverReachesTheClient()
    {
        var outcome = FailureClassifier.Classify(400, null, """{"error":{"code":400,"message":"Bad value for key AQ.secret-key-of-ours at projects/123456","status":"INVALID_ARGUMENT"}}"""u8.ToArray(), DateTimeOffset.UnixEpoch, 0);

        Assert.DoesNotContain("AQ.secret-key-of-ours", ErrorTranslation.Translate(outcome, "AQ.secret-key-of-ours").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void G66_CharactersCutBetweenReads_StayWhole()
    {
        var stream = Encoding.UTF8.GetBytes(Translated.Event("""{"candidates":[{"content":{"parts":[{"text":"你好，世界 😀"}]},"finishReason":"STOP"}]}"""));

        Assert.Equal("你好，世界 😀", (string?)Translated.Stream(stream, Translated.PlainRequest, 1, out _)[1]["choices"]![0]!["delta"]!["content"]);
    }

    /// <summary>Whatever the upstream sends, the reader ends and every chunk is JSON of its own on one line.</summary>
    [Fact]
    public void AnyBytes_EndInWellFormedChunks()
    {
        var recorded = Recorded.Names("streaming-*.txt").Select(Recorded.Bytes).ToArray();
        Gen.Select(Gen.Int[0, recorded.Length - 1], Gen.Int[0, 20_000], Gen.Int[0, 200], Gen.Byte.Array[0, 40], Gen.Int[1, 3000]).Sample((which, at, cut, put, pieces) =>
        {
            var bytes = recorded[which];
            at = Math.Min(at, bytes.Length);
            byte[] damaged = [.. bytes[..at], .. put, .. bytes[Math.Min(at + cut, bytes.Length)..]];
            return Translated.Stream(damaged, Translated.PlainRequest, pieces, out _).TrueForAll(chunk => chunk["choices"] is not null);
        }, iter: 400);
    }

    private static JsonNode Request(string model, string option) => Translated.Request($$"""{"model":"{{model}}","messages":[{"role":"user","content":"q"}],{{option}}}""");
}
