using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests;

public sealed class ProblemResponsesTests
{
    [Fact]
    public async Task Endpoint_ThatThrows_AnswersAProblemWithoutDetails()
    {
        var problem = await AskAsync(HttpStatusCode.InternalServerError, client => client.GetAsync("/boom", TestContext.Current.CancellationToken));

        Assert.Equal("internal_error", (string?)problem["code"]);
        Assert.DoesNotContain("canary", problem.ToJsonString(), StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty((string?)problem["traceId"]));
    }

    [Fact]
    public async Task UnknownPath_AnswersAProblem() =>
        Assert.Equal("not_found", (string?)(await AskAsync(HttpStatusCode.NotFound, client => client.GetAsync("/nothing-here", TestContext.Current.CancellationToken)))["code"]);

    [Fact]
    public async Task WrongMethod_AnswersAProblem() =>
        Assert.Equal("method_not_allowed", (string?)(await AskAsync(HttpStatusCode.MethodNotAllowed, client => client.DeleteAsync("/keys", TestContext.Current.CancellationToken)))["code"]);

    [Fact]
    public async Task WrongContentType_AnswersAProblem() =>
        Assert.Equal("unsupported_media_type", (string?)(await AskAsync(HttpStatusCode.UnsupportedMediaType, client => client.PostAsync("/keys", new StringContent("x"), TestContext.Current.CancellationToken)))["code"]);

    [Theory]
    [InlineData("Production", "/keys", "{ not json")]
    [InlineData("Development", "/keys", "{ not json")]
    [InlineData("Development", "/keys", "")]
    [InlineData("Production", "/keys", "[1]")]
    [InlineData("Production", "/by-hand", "anything")]
    public async Task BodyThatCannotBeRead_IsTheCallersMistake(string environment, string path, string body)
    {
        var problem = await AskAsync(HttpStatusCode.BadRequest, client => client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken), environment);

        Assert.Equal("invalid_request", (string?)problem["code"]);
    }

    [Fact]
    public async Task OwnProblem_KeepsItsCode()
    {
        var problem = await AskAsync(HttpStatusCode.Conflict, client => client.GetAsync("/conflict", TestContext.Current.CancellationToken));

        Assert.Equal("name_taken", (string?)problem["code"]);
        Assert.Equal("Another key has this name.", (string?)problem["detail"]);
    }

    [Fact]
    public async Task Answer_OfAContract_IsTheContractsJson()
    {
        var (app, client) = await StartAsync("Production");
        await using (app)
        using (client)
        {
            var text = await client.GetStringAsync("/state", TestContext.Current.CancellationToken);

            Assert.Equal("""{"keyId":"00000000-0000-0000-0000-000000000000","status":"Cooling"}""", text);
        }
    }

    private static async Task<JsonNode> AskAsync(HttpStatusCode expected, Func<HttpClient, Task<HttpResponseMessage>> ask, string environment = "Production")
    {
        var (app, client) = await StartAsync(environment);
        await using (app)
        using (client)
        {
            using var response = await ask(client);
            Assert.Equal(expected, response.StatusCode);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            return (await response.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;
        }
    }

    private static Task<(WebApplication App, HttpClient Client)> StartAsync(string environment)
    {
        var app = TinyApp.Build(environment, null);
        app.MapGet("/boom", string () => throw new InvalidOperationException("canary"));
        app.MapPost("/keys", (EditKey edit) => edit.Label);
        app.MapPost("/by-hand", string () => throw new BadHttpRequestException("The body ended early."));
        app.MapGet("/conflict", () => ProblemResponses.Problem(StatusCodes.Status409Conflict, "name_taken", "Another key has this name."));
        app.MapGet("/state", () => new PoolKeyState(Guid.Empty, KeyStatus.Cooling, null, null, null));
        return TinyApp.StartAsync(app);
    }
}
