using Microsoft.AspNetCore.Http.HttpResults;

namespace GeminiBalance.StatsService.Views;

/// <summary>The answer to a query parameter that makes no sense: 400, naming it.</summary>
internal static class BadParameter
{
    public static ProblemHttpResult Of(string parameter, string what) => TypedResults.Problem(
        $"{parameter} {what}",
        statusCode: StatusCodes.Status400BadRequest,
        extensions: new Dictionary<string, object?> { ["code"] = "invalid_parameter", ["parameter"] = parameter });
}
