using System.Net;
using GeminiBalance.GeminiSimulator.Scripts;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Scripts;

public sealed class ScriptedErrorTests(SharedSimulator shared) : SimulatorTest(shared)
{
    [Theory]
    [InlineData("quota-bare", 429, "RESOURCE_EXHAUSTED", null, "Resource has been exhausted (e.g. check quota).")]
    [InlineData("quota-region", 429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "limit per minute for a region")]
    [InlineData("quota-spend", 429, "RESOURCE_EXHAUSTED", null, "monthly spending cap")]
    [InlineData("key-invalid", 400, "INVALID_ARGUMENT", "API_KEY_INVALID", "API key not valid. Please pass a valid API key.")]
    [InlineData("key-type", 401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED", "Expected OAuth 2 access token")]
    [InlineData("billing", 402, "RESOURCE_EXHAUSTED", null, "prepayment credits are depleted")]
    [InlineData("free-tier-closed", 400, "FAILED_PRECONDITION", null, "free tier is not available in your country")]
    [InlineData("suspended", 403, "PERMISSION_DENIED", "CONSUMER_SUSPENDED", "has been suspended")]
    [InlineData("leaked", 403, "PERMISSION_DENIED", null, "reported as leaked")]
    [InlineData("denied", 403, "PERMISSION_DENIED", null, "Your project has been denied access. Please contact support.")]
    [InlineData("service-disabled", 403, "PERMISSION_DENIED", "SERVICE_DISABLED", "or it is disabled. Enable it by visiting")]
    [InlineData("restricted", 403, "PERMISSION_DENIED", "API_KEY_SERVICE_BLOCKED", "are blocked")]
    [InlineData("location", 400, "FAILED_PRECONDITION", null, "User location is not supported")]
    [InlineData("model-not-found", 404, "NOT_FOUND", null, "is not found for API version v1beta")]
    [InlineData("model-closed", 404, "NOT_FOUND", null, "is no longer available to new users")]
    [InlineData("invalid-argument", 400, "INVALID_ARGUMENT", null, "Request contains an invalid argument.")]
    [InlineData("signature-corrupted", 400, "INVALID_ARGUMENT", null, "Corrupted thought signature")]
    [InlineData("internal", 500, "INTERNAL", null, "internal error")]
    [InlineData("overloaded", 503, "UNAVAILABLE", null, "The model is overloaded")]
    [InlineData("deadline", 504, "DEADLINE_EXCEEDED", null, "timed out")]
    public async Task Script_Error_AnswersGooglesBody(string behaviour, int status, string name, string? reason, string words)
    {
        await Control.ScriptAsync(new Script(behaviour));
        var reply = await GenerateAsync(Saying("x"));

        Assert.Equal(status, (int)reply.Status);
        Assert.Equal(status, (int)reply.Json["error"]!["code"]!);
        Assert.Equal(name, (string?)reply.Json["error"]!["status"]);
        Assert.Contains(words, reply.Message, StringComparison.Ordinal);
        Assert.Equal(reason, (string?)reply.Detail("ErrorInfo")?["reason"]);
        var call = Assert.Single(await Control.LedgerAsync());
        Assert.Equal(("error", behaviour, status), (call.Outcome, call.Behaviour, call.Status));
    }

    [Theory]
    [InlineData("quota-minute", "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "generate_content_free_tier_requests", "10", "20s")]
    [InlineData("quota-tokens", "GenerateContentInputTokensPerModelPerMinute-FreeTier", "generate_content_free_tier_input_token_count", "250000", "20s")]
    [InlineData("quota-day", "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "generate_content_free_tier_requests", "250", "51s")]
    public async Task Script_Quota_HasViolationRetryAndHelp(string behaviour, string id, string metric, string limit, string delay)
    {
        await Control.ScriptAsync(new Script(behaviour));
        var reply = await GenerateAsync(Saying("x"), "gemini-2.5-pro");

        Assert.Equal(HttpStatusCode.TooManyRequests, reply.Status);
        var violation = Assert.Single(reply.Detail("QuotaFailure")!["violations"]!.AsArray())!;
        Assert.Equal(id, (string?)violation["quotaId"]);
        Assert.Equal("generativelanguage.googleapis.com/" + metric, (string?)violation["quotaMetric"]);
        Assert.Equal("gemini-2.5-pro", (string?)violation["quotaDimensions"]!["model"]);
        Assert.Equal(limit, (string?)violation["quotaValue"]);
        Assert.Equal(delay, (string?)reply.Detail("RetryInfo")!["retryDelay"]);
        Assert.NotNull(reply.Detail("Help"));
        Assert.Contains($"* Quota exceeded for metric: generativelanguage.googleapis.com/{metric}, limit: {limit}, model: gemini-2.5-pro\nPlease retry in ", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Script_LimitZero_ListsEveryQuotaWithoutValue()
    {
        await Control.ScriptAsync(new Script("quota-zero"));
        var reply = await GenerateAsync(Saying("x"));

        var violations = reply.Detail("QuotaFailure")!["violations"]!.AsArray();
        Assert.Equal(4, violations.Count);
        Assert.All(violations, violation => Assert.Null(violation!["quotaValue"]));
        Assert.Equal(4, reply.Message.Split("limit: 0, model: gemini-2.5-flash").Length - 1);
    }

    [Fact]
    public async Task Script_Suspended_RepeatsTheKeyAsGoogleDoes()
    {
        await Control.ScriptAsync(new Script("suspended"));

        Assert.Contains($"'api_key:{Key.Value}'", (await GenerateAsync(Saying("x"))).Message, StringComparison.Ordinal);
    }
}
