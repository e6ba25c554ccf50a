using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>The gateway as holders of access keys ask it for their usage.</summary>
public static class FakeGateway
{
    public const string HolderKey = "sk-gb-holder-of-tests-0123456789";

    /// <summary>A key whose usage the gateway cannot tell now.</summary>
    public const string AwayKey = "sk-gb-away-of-tests-0123456789";

    /// <summary>A key that holds, but may not be used from where AdminUi is.</summary>
    public const string ElsewhereKey = "sk-gb-elsewhere-of-tests-0123456789";

    /// <summary>A wrong key, shown when the gateway looks at no more of them.</summary>
    public const string OneTooManyKey = "sk-gb-one-too-many-of-tests-0123456789";

    private const string Sums = """
        "requests":1240,"succeeded":1200,"input_tokens":900000,"output_tokens":330000,"total_tokens":1230000,"cost_usd":1.234567,
        "models":[{"model":"gemini-2.5-flash","requests":1200,"succeeded":1170,"input_tokens":880000,"output_tokens":320000,"total_tokens":1200000,"cost_usd":1.2},
        {"model":"","requests":40,"succeeded":30,"input_tokens":20000,"output_tokens":10000,"total_tokens":30000,"cost_usd":null}]
        """;

    private const string Body = $$"""
        {"object":"usage","name":"数据 notebook","expires_at":1893456000,"limits":{"requests_per_minute":60,"tokens_per_minute":null,"requests_per_day":5000,"tokens_per_day":2000000,"tokens_per_month":null,
        "cost_per_day_usd":null,"cost_per_month_usd":25,"concurrency":4},"today":{"from":1,"to":2,{{Sums}}},"month":{"from":1,"to":2,{{Sums}}},"lag_seconds":0.4}
        """;

    public static void Map(WebApplication app) => app.MapGet("/v1/usage", (HttpContext context) => context.Request.Headers.Authorization.ToString() switch
    {
        "Bearer " + HolderKey => Results.Content(Body, "application/json"),
        "Bearer " + ElsewhereKey => Results.Json(new { error = new { message = "This API key may not be used from this address.", type = "invalid_request_error", param = (string?)null, code = "permission_denied" } }, statusCode: StatusCodes.Status403Forbidden),
        "Bearer " + OneTooManyKey => Results.StatusCode(StatusCodes.Status429TooManyRequests),
        "Bearer " + AwayKey => Results.StatusCode(StatusCodes.Status503ServiceUnavailable),
        _ => Results.StatusCode(StatusCodes.Status401Unauthorized),
    });
}
