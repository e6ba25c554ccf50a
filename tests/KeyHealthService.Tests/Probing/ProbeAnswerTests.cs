using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Probing;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Probing;

public sealed class ProbeAnswerTests
{
    [Theory]
    [InlineData(200, """{"models":[{"name":"models/gemini-2.5-flash"}]}""", UpstreamOutcomeClass.Succeeded)]
    [InlineData(200, "<html>Please sign in</html>", UpstreamOutcomeClass.UpstreamError)]
    [InlineData(200, """{"login":"https://portal"}""", UpstreamOutcomeClass.UpstreamError)]
    [InlineData(400, """{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}""", UpstreamOutcomeClass.KeyInvalid)]
    [InlineData(400, """{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}""", UpstreamOutcomeClass.ClientError)]
    [InlineData(400, """{"error":{"code":400,"message":"The free tier is not available in your country. Please enable billing.","status":"FAILED_PRECONDITION"}}""", UpstreamOutcomeClass.BillingRequired)]
    [InlineData(401, """{"error":{"code":401,"message":"Expected OAuth 2 access token","status":"UNAUTHENTICATED"}}""", UpstreamOutcomeClass.KeyInvalid)]
    [InlineData(401, """[{"error":{"code":401,"status":"UNAUTHENTICATED","details":[{"@type":"x/google.rpc.ErrorInfo","reason":"CREDENTIALS_MISSING"}]}}]""", UpstreamOutcomeClass.ClientError)]
    [InlineData(402, """{"error":{"code":402,"message":"Credits are depleted.","status":"RESOURCE_EXHAUSTED"}}""", UpstreamOutcomeClass.BillingRequired)]
    [InlineData(403, """{"error":{"code":403,"message":"Your API key was reported as leaked.","status":"PERMISSION_DENIED"}}""", UpstreamOutcomeClass.KeyForbidden)]
    [InlineData(403, """{"error":{"code":403,"message":"Method doesn't allow unregistered callers","status":"PERMISSION_DENIED"}}""", UpstreamOutcomeClass.ClientError)]
    [InlineData(403, "<html>Forbidden by the firewall</html>", UpstreamOutcomeClass.UpstreamError)]
    [InlineData(429, """{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}""", UpstreamOutcomeClass.Overloaded)]
    [InlineData(500, """{"error":{"code":500,"status":"INTERNAL"}}""", UpstreamOutcomeClass.UpstreamError)]
    [InlineData(503, "upstream connect error", UpstreamOutcomeClass.UpstreamError)]
    [InlineData(400, "[]", UpstreamOutcomeClass.UpstreamError)]
    public void Read_EveryAnswer_BlamesTheKeyOnlyForItsOwn(int status, string body, UpstreamOutcomeClass outcome) =>
        Assert.Equal(outcome, ProbeAnswer.Read(status, Encoding.UTF8.GetBytes(body)).Outcome);
}
