using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Translation.Errors;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Gemini.Failures;

public sealed class FailureClassifierTests
{
    private const string Secret = "AQ.some-secret-key-0123456789";
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 20, 0, 0, TimeSpan.Zero);

    private const string PerDay = """{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. \n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 20, model: gemini-2.5-flash-lite\nPlease retry in 51.606482386s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaDimensions":{"location":"global","model":"gemini-2.5-flash-lite"},"quotaValue":"20"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"51s"}]}}""";
    private const string PerMinute = """[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"33.5s"},{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"x/generate_content_free_tier_input_token_count","quotaId":"GenerateContentInputTokensPerModelPerMinute-FreeTier","quotaDimensions":{"model":"gemini-2.5-pro"},"quotaValue":"250000"}]}]}}]""";
    private const string ZeroByMessage = """{"error":{"code":429,"message":"* Quota exceeded for metric: x/free_tier_requests, limit: 0, model: gemini-3.1-pro\n* Quota exceeded for metric: x/free_tier_input_token_count, limit: 0, model: gemini-3.1-pro\nPlease retry in 11.665902715s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"x/free_tier_requests","quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaDimensions":{"model":"gemini-3.1-pro"}},{"quotaMetric":"x/free_tier_input_token_count","quotaId":"GenerateContentInputTokensPerModelPerMinute-FreeTier","quotaDimensions":{"model":"gemini-3.1-pro"}}]}]}}""";
    private const string ZeroByAbsence = """{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"AMinutePerMinute"},{"quotaId":"ADayPerDay"}]}]}}""";
    private const string MixedPeriods = """{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"XPerMinute","quotaValue":"5"},{"quotaId":"YPerDay","quotaValue":"50"}]}]}}""";

    [Fact]
    public void G56_DailyQuota_LastsUntilPacificMidnight_WhateverTheRetryDelaySays()
    {
        var quota = Assert.IsType<UpstreamOutcome.QuotaExhausted>(Classify(429, PerDay));

        Assert.Equal((UpstreamOutcomeClass.QuotaPerDay, Blame.QuotaPool, RetryAdvice.OtherKey), (quota.Class, quota.Blame, quota.Retry));
        Assert.Equal(("GenerateRequestsPerDayPerProjectPerModel-FreeTier", 20L, "gemini-2.5-flash-lite"), (quota.QuotaId, quota.Limit, quota.Bucket));
        Assert.Equal(TimeSpan.FromHours(12) + TimeSpan.FromMinutes(3), quota.Wait);
    }

    [Fact]
    public void MinuteQuota_LastsAsLongAsItSays()
    {
        var quota = Assert.IsType<UpstreamOutcome.QuotaExhausted>(Classify(429, PerMinute));

        Assert.Equal((UpstreamOutcomeClass.QuotaPerMinute, TimeSpan.FromSeconds(34), 250000L), (quota.Class, quota.Wait, quota.Limit));
    }

    [Theory]
    [InlineData(ZeroByMessage)]
    [InlineData(ZeroByAbsence)]
    [InlineData("""{"error":{"code":429,"message":"Gemini 2.5 Pro Preview doesn't have a free quota tier. Please use x","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[]}]}}""")]
    public void G57_LimitZero_IsNoRateLimit(string body) => Assert.Equal(UpstreamOutcomeClass.QuotaNotOffered, Classify(429, body).Class);

    [Theory]
    [InlineData("projects/710735018219", "projects/710735018219")]
    [InlineData("projects/AIza-not-a-number", null)]
    [InlineData("710735018219", null)]
    public void Project_IsTakenOnlyAsANumber(string consumer, string? expected) =>
        Assert.Equal(expected, Classify(403, $$$"""{"error":{"code":403,"message":"m","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"CONSUMER_SUSPENDED","metadata":{"consumer":"{{{consumer}}}"}}]}}""").Project);

    [Fact]
    public void MixedPeriods_TheDayWins() => Assert.Equal(UpstreamOutcomeClass.QuotaPerDay, Classify(429, MixedPeriods).Class);

    [Theory]
    [InlineData(400, "API_KEY_INVALID", "", UpstreamOutcomeClass.KeyInvalid, "Key", 503, "no_available_keys")]
    [InlineData(400, "", "API key expired. Please renew the API key.", UpstreamOutcomeClass.KeyInvalid, "Key", 503, "no_available_keys")]
    [InlineData(400, "", "Function call is missing a thought_signature in functionCall parts.", UpstreamOutcomeClass.ClientError, "Client", 400, "invalid_thought_signature")]
    [InlineData(400, "", "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).", UpstreamOutcomeClass.ClientError, "Client", 400, "context_length_exceeded")]
    [InlineData(400, "", "Invalid JSON payload received. Unknown name \"x\" at 'y': Cannot find field.", UpstreamOutcomeClass.ClientError, "Client", 400, "invalid_value")]
    [InlineData(400, "", "Request contains an invalid argument.", UpstreamOutcomeClass.ClientError, "Client", 400, "invalid_request")]
    [InlineData(400, "", "Penalty is not enabled for this model", UpstreamOutcomeClass.ClientError, "Client", 400, "unsupported_value")]
    [InlineData(400, "", "User location is not supported for the API use.", UpstreamOutcomeClass.UpstreamError, "Network", 503, "location_not_supported")]
    [InlineData(400, "", "Gemini API free tier is not available in your country. Please enable billing", UpstreamOutcomeClass.BillingRequired, "Key", 503, "insufficient_quota")]
    [InlineData(401, "ACCESS_TOKEN_TYPE_UNSUPPORTED", "", UpstreamOutcomeClass.KeyInvalid, "Key", 503, "no_available_keys")]
    [InlineData(401, "CREDENTIALS_MISSING", "", UpstreamOutcomeClass.UpstreamError, "Gateway", 500, "internal_error")]
    [InlineData(402, "", "Your prepayment credits are depleted.", UpstreamOutcomeClass.BillingRequired, "Key", 503, "insufficient_quota")]
    [InlineData(403, "CONSUMER_SUSPENDED", "", UpstreamOutcomeClass.KeyForbidden, "Key", 503, "no_available_keys")]
    [InlineData(403, "", "Your API key was reported as leaked. Please use another API key.", UpstreamOutcomeClass.KeyForbidden, "Key", 503, "no_available_keys")]
    [InlineData(403, "", "Your project has been denied access. Please contact support.", UpstreamOutcomeClass.KeyForbidden, "Key", 503, "no_available_keys")]
    [InlineData(403, "SERVICE_DISABLED", "", UpstreamOutcomeClass.KeyForbidden, "Key", 503, "no_available_keys")]
    [InlineData(403, "API_KEY_IP_ADDRESS_BLOCKED", "", UpstreamOutcomeClass.KeyForbidden, "Key", 503, "no_available_keys")]
    [InlineData(403, "IAM_PERMISSION_DENIED", "", UpstreamOutcomeClass.ClientError, "Client", 404, "resource_not_found")]
    [InlineData(403, "", "You do not have permission to access the File x or it may not exist.", UpstreamOutcomeClass.ClientError, "Client", 404, "resource_not_found")]
    [InlineData(403, "", "Method doesn't allow unregistered callers", UpstreamOutcomeClass.UpstreamError, "Gateway", 500, "internal_error")]
    [InlineData(403, "", "Something nobody has described", UpstreamOutcomeClass.UpstreamError, "Upstream", 502, "upstream_error")]
    [InlineData(404, "", "models/x is not found for API version v1beta, or is not supported for generateContent.", UpstreamOutcomeClass.ModelNotFound, "Model", 404, "model_not_found")]
    [InlineData(404, "", "This model is no longer available to new users.", UpstreamOutcomeClass.QuotaNotOffered, "QuotaPool", 404, "model_not_found")]
    [InlineData(409, "", "aborted", UpstreamOutcomeClass.UpstreamError, "Upstream", 503, "upstream_error")]
    [InlineData(413, "", "too big", UpstreamOutcomeClass.ClientError, "Client", 413, "request_too_large")]
    [InlineData(429, "", "You have reached the spending limit of the last 10 minutes", UpstreamOutcomeClass.QuotaUnspecified, "QuotaPool", 429, "insufficient_quota")]
    [InlineData(429, "", "Resource has been exhausted (e.g. check quota).", UpstreamOutcomeClass.QuotaUnspecified, "QuotaPool", 429, "rate_limit_exceeded")]
    [InlineData(499, "", "The operation was cancelled.", UpstreamOutcomeClass.UpstreamError, "Upstream", 502, "upstream_error")]
    [InlineData(500, "", "An internal error has occurred.", UpstreamOutcomeClass.UpstreamError, "Upstream", 502, "upstream_error")]
    [InlineData(503, "", "This model is currently experiencing high demand.", UpstreamOutcomeClass.Overloaded, "Model", 503, "model_overloaded")]
    [InlineData(504, "", "Deadline expired", UpstreamOutcomeClass.Timeout, "Upstream", 504, "upstream_timeout")]
    public void EveryRow_BlamesWhoIsToBlame_AndTellsTheClientInItsOwnWords(int status, string reason, string message, UpstreamOutcomeClass outcomeClass, string blame, int clientStatus, string clientCode)
    {
        var details = reason.Length == 0 ? "" : ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"" + reason + "\"}]";
        var body = "{\"error\":{\"code\":" + status + ",\"message\":\"" + message.Replace("\"", "\\\"", StringComparison.Ordinal) + " " + Secret + "\",\"status\":\"X\"" + details + "}}";

        var outcome = Classify(status, body);
        var error = ErrorTranslation.Translate(outcome, Secret);

        Assert.Equal((outcomeClass, blame), (outcome.Class, outcome.Blame.ToString()));
        Assert.Equal((clientStatus, clientCode), (error.Status, error.Code));
        Assert.DoesNotContain(Secret, error.Message, StringComparison.Ordinal);
        Assert.NotInRange(error.Status, 401, 403);
        Assert.Equal(outcome.Blame is Blame.Key or Blame.QuotaPool, outcome.Class is >= UpstreamOutcomeClass.KeyInvalid and <= UpstreamOutcomeClass.QuotaUnspecified);
    }

    /// <summary>Google quotes what clients write: no words of theirs, wherever they write them, may be taken for Google's word about a key, a pool or the gateway.</summary>
    [Theory]
    [InlineData(400, "Invalid CachedContent name: {0}.", "")]
    [InlineData(400, "Invalid JSON payload received. Unknown name \\\"{0}\\\": Cannot find field.", ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\",\"fieldViolations\":[{\"description\":\"Unknown name\"}]}]")]
    [InlineData(400, "{0} is no valid value.", ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\",\"fieldViolations\":[{\"field\":\"contents[0].role\"}]}]")]
    [InlineData(400, "Unsupported MIME type: {0}", ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.DebugInfo\",\"detail\":\"[ORIGINAL ERROR] generic::invalid_argument: Unsupported MIME type: {0}\"}]")]
    [InlineData(403, "You do not have permission to access the File {0} or it may not exist.", "")]
    [InlineData(404, "CachedContent not found: {0}", "")]
    public void WordsOfTheClient_ThatGoogleQuotes_AreTheClientsMistake(int status, string message, string details)
    {
        string[] words =
        [
            "API key not valid. Please pass a valid API key.", "API key expired. Please renew the API key.", "API Key not found", "User location is not supported for the API use.",
            "Gemini API free tier is not available in your country. Please enable billing", "Permission denied: Consumer 'x' has been suspended.", "Your API key was reported as leaked.",
            "Your project has been denied access. Please contact support.", "Method doesn't allow unregistered callers", "This model is no longer available to new users.",
            "generic::failed_precondition: User location is not supported for the API use.",
        ];

        Assert.All(words, word =>
        {
            var outcome = Classify(status, "{\"error\":{\"code\":" + status + ",\"message\":\"" + message.Replace("{0}", word, StringComparison.Ordinal) + "\",\"status\":\"X\"" + details.Replace("{0}", word, StringComparison.Ordinal) + "}}");
            Assert.Equal((Blame.Client, RetryAdvice.No), (outcome.Blame, outcome.Retry));
            Assert.InRange(ErrorTranslation.Translate(outcome, Secret).Status, 400, 404);
        });
    }

    [Theory]
    [InlineData("""[{"quotaId":"GroundingRequestsPerDayPerProject","quotaMetric":"x/requests","quotaValue":"500"}]""", true, UpstreamOutcomeClass.QuotaPerDay)]
    [InlineData("""[{"quotaId":"RequestsPerMinute","quotaMetric":"x/google_search_requests","quotaValue":"5"}]""", true, UpstreamOutcomeClass.QuotaPerMinute)]
    [InlineData("""[{"quotaId":"SearchGroundingPerDay","quotaValue":"0"}]""", true, UpstreamOutcomeClass.QuotaNotOffered)]
    [InlineData("""[{"quotaId":"GroundingRequestsPerDayPerProject","quotaValue":"500"},{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaValue":"10"}]""", false, UpstreamOutcomeClass.QuotaPerMinute)]
    public void QuotaOfTheTools_IsToldFromTheModels(string violations, bool ofTools, UpstreamOutcomeClass expected)
    {
        var quota = Assert.IsType<UpstreamOutcome.QuotaExhausted>(Classify(429, $$$"""{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":{{{violations}}}}]}}"""));
        var error = ErrorTranslation.Translate(quota, Secret);

        Assert.Equal((expected, ofTools), (quota.Class, quota.IsOfTools));
        Assert.Equal((429, ofTools ? "tools" : null), (error.Status, error.Param));
    }

    [Theory]
    [InlineData("* Quota exceeded for metric: x/search_grounding_requests, limit: 0, model: m", "")]
    [InlineData("m", ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"RATE_LIMIT_EXCEEDED\",\"metadata\":{\"quota_limit_value\":\"0\",\"quota_limit\":\"GroundingRequestsPerMinute\"}}]")]
    public void QuotaOfTheTools_IsKnownByEveryForm(string message, string details)
    {
        var quota = Assert.IsType<UpstreamOutcome.QuotaExhausted>(Classify(429, "{\"error\":{\"code\":429,\"message\":\"" + message + "\",\"status\":\"RESOURCE_EXHAUSTED\"" + details + "}}"));

        Assert.True(quota.IsOfTools);
    }

    [Theory]
    [InlineData("temperature is not supported for this model", true)]
    [InlineData("Penalty is not enabled for models/m", true)]
    [InlineData("Multiple candidates is not enabled for models/m", true)]
    [InlineData("Logprobs is not enabled for models/m", true)]
    [InlineData("Developer instruction is not enabled for models/m", true)]
    [InlineData("Thinking is not enabled for this model.", true)]
    [InlineData("Thinking level is not supported for this model.", true)]
    [InlineData("Requests ending with a model turn are not supported.", true)]
    [InlineData("Thinking level MINIMAL is not supported for this model.", false)]
    [InlineData("The thinking budget 999999 is invalid. Please choose a value between 128 and 32768.", false)]
    [InlineData("Budget 0 is invalid. This model only works in thinking mode.", false)]
    [InlineData("seed is not supported with candidates", false)]
    [InlineData("Function x: seed is not supported", false)]
    public void Refusal_OfAFeature_IsTheModelsOnlyWhenItNamesNeitherValueNorCircumstance(string message, bool ofTheModel)
    {
        var refused = Assert.IsType<UpstreamOutcome.RequestRefused>(Classify(400, "{\"error\":{\"code\":400,\"message\":\"" + message + "\",\"status\":\"INVALID_ARGUMENT\"}}"));

        Assert.Equal(RequestFault.NotSupportedByModel, refused.Fault);
        Assert.NotEqual(RefusedFeature.None, RefusedFeatureReading.Of(refused));
        Assert.Equal(ofTheModel, RefusedFeatureReading.IsOfTheModel(refused));
    }

    [Fact]
    public void Refusal_OfACacheBesideOtherOptions_IsOfNoFeature()
    {
        var refused = Assert.IsType<UpstreamOutcome.RequestRefused>(Classify(400, """{"error":{"code":400,"message":"CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.","status":"INVALID_ARGUMENT"}}"""));

        Assert.Equal(RefusedFeature.None, RefusedFeatureReading.Of(refused));
    }

    [Theory]
    [InlineData("googleai/unary-failure-api-key.json", 400, UpstreamOutcomeClass.KeyInvalid)]
    [InlineData("vertexai/unary-failure-api-key.json", 400, UpstreamOutcomeClass.KeyInvalid)]
    [InlineData("vertexai/unary-failure-firebaseml-api-not-enabled.json", 403, UpstreamOutcomeClass.KeyForbidden)]
    [InlineData("vertexai/unary-failure-firebasevertexai-api-not-enabled.json", 403, UpstreamOutcomeClass.KeyForbidden)]
    [InlineData("vertexai/unary-failure-unsupported-user-location.json", 400, UpstreamOutcomeClass.UpstreamError)]
    [InlineData("vertexai/streaming-failure-http-error.txt", 400, UpstreamOutcomeClass.UpstreamError)]
    [InlineData("vertexai/unary-failure-quota-exceeded.json", 429, UpstreamOutcomeClass.KeyForbidden)]
    [InlineData("vertexai/unary-failure-context-cache-model-doesnt-match.json", 400, UpstreamOutcomeClass.ClientError)]
    [InlineData("vertexai/unary-failure-invalid-context-cache-id.json", 400, UpstreamOutcomeClass.ClientError)]
    [InlineData("vertexai/unary-failure-model-not-found.json", 404, UpstreamOutcomeClass.ModelNotFound)]
    [InlineData("vertexai/unary-failure-unknown-model.json", 404, UpstreamOutcomeClass.ModelNotFound)]
    [InlineData("vertexai/unary-failure-generate-images-prompt-blocked.json", 400, UpstreamOutcomeClass.ClientError)]
    [InlineData("vertexai/streaming-failure-image-rejected.txt", 400, UpstreamOutcomeClass.ClientError)]
    public void RecordedFailure_IsClassified_AndNothingSecretIsForwarded(string name, int status, UpstreamOutcomeClass expected)
    {
        var outcome = FailureClassifier.Classify(status, null, Recorded.Bytes(name), Now, 0.5);
        var error = ErrorTranslation.Translate(outcome, "key1234");

        Assert.Equal(expected, outcome.Class);
        Assert.DoesNotContain("key1234", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("projects/", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public void AnswerWithoutErrorObject_BlamesNoKey(int status)
    {
        var outcome = Classify(status, "<html>Sorry</html>");

        Assert.NotInRange(outcome.Class, UpstreamOutcomeClass.KeyInvalid, UpstreamOutcomeClass.QuotaUnspecified);
        Assert.NotEqual(RetryAdvice.No, outcome.Retry);
    }

    [Theory]
    [InlineData("51s", 51.0)]
    [InlineData("33.5s", 33.5)]
    [InlineData("964.972314ms", 0.965)]
    [InlineData("1h2m3s", 3723.0)]
    [InlineData("2m", 120.0)]
    [InlineData("", null)]
    [InlineData("soon", null)]
    [InlineData("5", null)]
    public void Delay_IsReadInEveryGrammar(string text, double? seconds) => Assert.Equal(seconds, GeminiErrorReader.ParseDelay(text) is { } delay ? Math.Round(delay.TotalSeconds, 3) : null);

    [Theory]
    [InlineData("2026-11-23T20:00:00Z", "2026-11-24T08:00:00Z")]
    [InlineData("2026-07-01T06:59:59Z", "2026-07-01T07:00:00Z")]
    [InlineData("2026-07-01T07:00:00Z", "2026-07-02T07:00:00Z")]
    [InlineData("2026-11-01T06:30:00Z", "2026-11-01T07:00:00Z")]
    [InlineData("2026-11-01T12:00:00Z", "2026-11-02T08:00:00Z")]
    public void PacificMidnight_FollowsSummerTime(string now, string midnight) =>
        Assert.Equal(DateTimeOffset.Parse(midnight, System.Globalization.CultureInfo.InvariantCulture), PacificMidnight.After(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("Consumer 'api_key:AIzaSyAbcdefgh' has been suspended")]
    [InlineData("Invalid API key: abc AQ.Ab8RN6Iabcdef")]
    [InlineData("for projects/348715329010 and project_number:348715329010")]
    public void Redaction_TakesOutWhatLooksLikeAKeyOrProject(string text)
    {
        var redacted = Redaction.Redact(text, null);

        Assert.Contains("[redacted]", redacted, StringComparison.Ordinal);
        Assert.DoesNotContain("AIza", redacted, StringComparison.Ordinal);
        Assert.DoesNotContain("Ab8RN6I", redacted, StringComparison.Ordinal);
        Assert.DoesNotContain("348715329010", redacted, StringComparison.Ordinal);
    }

    private static UpstreamOutcome Classify(int status, string body) => FailureClassifier.Classify(status, null, Encoding.UTF8.GetBytes(body), Now, 0.5);
}
