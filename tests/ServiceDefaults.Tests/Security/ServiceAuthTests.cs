using System.Net;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests.Security;

public sealed class ServiceAuthTests
{
    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("Bearer", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer wrong", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer a service token of more than 32", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer " + TinyApp.Token + "x", HttpStatusCode.Unauthorized)]
    [InlineData("Basic " + TinyApp.Token, HttpStatusCode.Unauthorized)]
    [InlineData("Bearer " + TinyApp.Token, HttpStatusCode.OK)]
    public async Task FallbackPolicy_ByToken_LetsInTheRightOneOnly(string? authorization, HttpStatusCode expected)
    {
        var (app, client) = await StartAsync();
        await using (app)
        using (client)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/who");
            if (authorization is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            }

            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(expected, response.StatusCode);
        }
    }

    [Fact]
    public async Task Refusal_SaysHowToAuthenticate_AndHasABody()
    {
        var (app, client) = await StartAsync();
        await using (app)
        using (client)
        {
            using var response = await client.GetAsync("/who", TestContext.Current.CancellationToken);

            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            Assert.Contains("\"code\":\"unauthenticated\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("admin@example.org", "admin@example.org")]
    [InlineData("", "service")]
    [InlineData("läuft", "l?uft")]
    [InlineData("two\r\nlines", "two??lines")]
    public async Task Actor_FromTheHeader_IsTakenOrReplaced(string sent, string expected)
    {
        var (app, client) = await StartAsync();
        await using (app)
        using (client)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/who").WithActor(sent);
            request.Headers.Authorization = new("Bearer", TinyApp.Token);
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(expected, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public async Task Actor_SentByAnotherProgram_IsTakenUpToItsLimit(int length, bool taken)
    {
        var (app, client) = await StartAsync();
        await using (app)
        using (client)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/who");
            request.Headers.Add(ServiceAuth.ActorHeader, new string('a', length));
            request.Headers.Authorization = new("Bearer", TinyApp.Token);
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(taken ? new string('a', length) : "service", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Health_WithTheFallbackPolicy_StaysAnonymous()
    {
        var (app, client) = await StartAsync();
        await using (app)
        using (client)
        {
            foreach (var path in (string[])["/alive", "/health", "/health/dependencies", "/metrics"])
            {
                using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }
        }
    }

    private static Task<(WebApplication App, HttpClient Client)> StartAsync()
    {
        var app = TinyApp.Build(builder => builder.Services.AddServiceAuthentication(asFallback: true), ("ServiceAuth:Token", TinyApp.Token));
        app.AddActorEcho();
        return TinyApp.StartAsync(app);
    }
}
