using System.Net;
using System.Text;
using GeminiBalance.ProxyService.Gemini;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Reporting;

/// <summary>What the start of a request says of the most its answer can hold.</summary>
public sealed class AnswerBoundTests
{
    private const string Native = "/v1beta/models/gemini-2.5-flash:";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2,"totalTokenCount":6},"modelVersion":"gemini-2.5-flash"}""";

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hi"}],"max_completion_tokens":100}""", 100)]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hi"}],"max_tokens":100,"n":3}""", 300)]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hi"}],"max_tokens":2000000000,"n":2}""", 131072)]
    [InlineData("/v1/chat/completions", """{"model":"gemma-3-27b-it","messages":[{"role":"user","content":"hi"}]}""", 8192)]
    [InlineData("/v1/chat/completions", """{"model":"gemini-9-new","messages":[{"role":"user","content":"hi"}]}""", ModelProfile.UsualOutputLimit)]
    [InlineData(Native + "generateContent", """{"contents":[{"parts":[{"text":"hi"}]}]}""", ModelProfile.UsualOutputLimit)]
    [InlineData(Native + "generateContent", """{"generationConfig":{"maxOutputTokens":70,"candidateCount":2},"contents":[{"parts":[{"text":"hi"}]}]}""", 140)]
    [InlineData(Native + "generateContent", """{"contents":[{"parts":[{"text":"hi"}]}],"generation_config":{"thinking_config":{"max_output_tokens":1},"max_output_tokens":"70"}}""", 70)]
    [InlineData(Native + "generateContent", """{"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"maxOutputTokens":-5,"candidateCount":99}}""", 8)]
    [InlineData(Native + "generateContent", """{"contents":[{"parts":[{"functionResponse":{"name":"f","response":{"generationConfig":{"maxOutputTokens":7}}}}]}],"labels":{"maxOutputTokens":"7"}}""", ModelProfile.UsualOutputLimit)]
    [InlineData(Native + "generateContent", """{"\ud800":{"maxOutputTokens":7},"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"\ud800stopSequences":["END"],"maxOutputTokens":70}}""", 70)]
    [InlineData(Native + "generateContent", """{"generationConfig":{"max\u004futputTokens":70},"generation\u0043onfig":{"maxOutputTokens":7},"contents":[{"parts":[{"text":"hi"}]}]}""", ModelProfile.UsualOutputLimit)]
    [InlineData(Native + "countTokens", """{"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"maxOutputTokens":70}}""", 0)]
    public async Task Start_NotesTheMostTheAnswerCanHold(string path, string body, int most)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AQ.upstream-key-number-one-0000"]);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using var response = await gateway.Client.PostAsync(path, content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(most, Assert.Single(gateway.Ledger.Starts).MostAnswerTokens);
    }

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(401, 8192, 201, 8192)]
    [InlineData(20_000_000, 100, 1_048_576, 100)]
    public void Estimate_OfWhatNobodySaw_IsAnUpperBound(long promptBytes, int most, long prompt, long completion)
    {
        var usage = ProxyService.Reporting.UsageEstimate.MostOf(promptBytes, most);

        Assert.Equal((prompt, completion, prompt + completion), (usage.Prompt, usage.Completion, usage.Total));
    }
}
