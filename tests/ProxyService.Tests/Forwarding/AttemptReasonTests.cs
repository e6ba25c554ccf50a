using System.Net;
using System.Text;
using System.Text.Json;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Forwarding;

/// <summary>The upstream's own word for each refusal stands in the request's fact, and nothing else of what the upstream said does.</summary>
public sealed class AttemptReasonTests
{
    private const string First = "AQ.upstream-key-number-one-0000";
    private const string Second = "AQ.upstream-key-number-two-0000";
    private const string Third = "AQ.upstream-key-number-three-00";
    private const string Answer = """{"models":[{"name":"models/gemini-2.5-flash"}],"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";
    private const string Chat = """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"a"}]}""";
    private const string StreamedChat = """{"model":"gemini-2.5-flash","stream":true,"messages":[{"role":"user","content":"a"}]}""";
    private const string Native = """{"contents":[{"role":"user","parts":[{"text":"a"}]}]}""";

    [Theory]
    [InlineData("/v1/chat/completions", Chat)]
    [InlineData("/v1/chat/completions", StreamedChat)]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", Native)]
    [InlineData("/v1/models", null)]
    public async Task EveryRefusal_IsInTheFactByItsReason_ElseByItsStatus(string path, string? body)
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) => seen.Key switch
        {
            First => StubUpstream.JsonAsync(context, 400, Error(400, "INVALID_ARGUMENT", "API_KEY_INVALID")),
            Second => StubUpstream.JsonAsync(context, 429, Error(429, "RESOURCE_EXHAUSTED")),
            _ when seen.Url.Contains(":streamGenerateContent", StringComparison.Ordinal) => StubUpstream.EventAsync(context, Answer),
            _ => StubUpstream.JsonAsync(context, 200, Answer),
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First, Second, Third]);

        var fact = await FactOfAsync(gateway, path, body, HttpStatusCode.OK);

        var expected = new Dictionary<UpstreamOutcomeClass, string?>
        {
            [UpstreamOutcomeClass.KeyInvalid] = "API_KEY_INVALID",
            [UpstreamOutcomeClass.QuotaUnspecified] = "RESOURCE_EXHAUSTED",
            [UpstreamOutcomeClass.Succeeded] = null,
        };
        Assert.Equal(expected, fact.Attempts.ToDictionary(attempt => attempt.Outcome, attempt => attempt.Reason));
    }

    [Fact]
    public async Task AnErrorInsideAStream_IsInTheFactByItsStatus()
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) => StubUpstream.EventAsync(context, seen.Key == First ? Error(500, "INTERNAL") : Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First, Second]);

        // Whose turn is first is the strategy's matter: within two requests it is the key that fails.
        await FactOfAsync(gateway, "/v1/chat/completions", StreamedChat, HttpStatusCode.OK);
        await FactOfAsync(gateway, "/v1/chat/completions", StreamedChat, HttpStatusCode.OK);

        var failed = gateway.Ledger.Facts.SelectMany(fact => fact.Attempts).First(attempt => attempt.Outcome != UpstreamOutcomeClass.Succeeded);
        Assert.Equal((UpstreamOutcomeClass.UpstreamError, "INTERNAL"), (failed.Outcome, failed.Reason));
    }

    [Theory]
    [InlineData("AQ.upstream-key-number-one-0000")]
    [InlineData("Key of a project")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task AWordOfAnotherAlphabet_IsNotKept(string reason)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 403, Error(403, "PERMISSION_DENIED", reason)));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First]);

        var fact = await FactOfAsync(gateway, "/v1/chat/completions", Chat, null);

        Assert.All(fact.Attempts, attempt => Assert.Equal((403, null), (attempt.Status, attempt.Reason)));
        Assert.NotEmpty(fact.Attempts);
    }

    [Theory]
    [InlineData("You have reached the spending limit of the last 10 minutes.", KeyAttemptFailure.SpendReason, 600)]
    [InlineData("Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED", 30)]
    public async Task ALimitToSpending_IsToldToKeyHealthByItsName_WithItsWait(string message, string reason, int atLeastSeconds)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 429, $$$"""{"error":{"code":429,"message":"{{{message}}}","status":"RESOURCE_EXHAUSTED"}}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First]);

        await FactOfAsync(gateway, "/v1/chat/completions", Chat, HttpStatusCode.TooManyRequests);

        var failure = Assert.Single(gateway.Ledger.Failures);
        Assert.Equal((UpstreamOutcomeClass.QuotaUnspecified, reason), (failure.Outcome, failure.Reason));
        Assert.InRange(failure.RetryAfter!.Value, TimeSpan.FromSeconds(atLeastSeconds), TimeSpan.FromSeconds(atLeastSeconds + 2));
    }

    private static async Task<RequestFact> FactOfAsync(GatewayHost gateway, string path, string? body, HttpStatusCode? status)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status is null || response.StatusCode == status, text);

        var id = response.Headers.GetValues("x-request-id").Single();
        var fact = await TestKit.Eventually.ValueAsync(() => Task.FromResult(gateway.Ledger.Facts.FirstOrDefault(fact => fact.Id.ToString() == id)), TimeSpan.FromSeconds(30), "the request's fact");
        Assert.DoesNotContain("upstream-key", JsonSerializer.Serialize(fact, ContractsJson.Default.RequestFact), StringComparison.Ordinal);
        return fact;
    }

    /// <summary>An error object whose message holds a key, as some of the upstream's do.</summary>
    private static string Error(int code, string status, string? reason = null)
    {
        var details = reason is null ? "" : $$"""
            ,"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"{{reason}}","domain":"googleapis.com"}]
            """;
        return $$$"""{"error":{"code":{{{code}}},"message":"Refused for {{{First}}}.","status":"{{{status}}}"{{{details}}}}}""";
    }
}
