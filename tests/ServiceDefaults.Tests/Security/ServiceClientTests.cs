using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Polly.Timeout;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests.Security;

public sealed class ServiceClientTests
{
    [Fact]
    public async Task Client_IsFoundByServiceDiscovery_AndShowsTheToken()
    {
        var (app, client) = await StartAsync([]);
        await using (app)
        using (client)
        {
            using var host = Caller(client.BaseAddress!);
            using var request = new HttpRequestMessage(HttpMethod.Get, "/who").WithActor("admin");

            using var response = await host.Services.GetRequiredService<KeysClient>().Http.SendAsync(request, TestContext.Current.CancellationToken);

            Assert.Equal("admin", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData("GET", 2, HttpStatusCode.OK)]
    [InlineData("POST", 1, HttpStatusCode.ServiceUnavailable)]
    public async Task Client_AnsweredUnavailable_AsksAgainOnlyForGet(string method, int calls, HttpStatusCode expected)
    {
        var seen = new ConcurrentQueue<string>();
        var (app, client) = await StartAsync(seen);
        await using (app)
        using (client)
        {
            using var host = Caller(client.BaseAddress!);
            using var request = new HttpRequestMessage(new HttpMethod(method), "/once-unavailable");

            using var response = await host.Services.GetRequiredService<KeysClient>().Http.SendAsync(request, TestContext.Current.CancellationToken);

            Assert.Equal(expected, response.StatusCode);
            Assert.Equal(calls, seen.Count);
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Client_WithPatienceOfItsOwn_WaitsThatLong(string method)
    {
        var (app, client) = await StartAsync([]);
        await using (app)
        using (client)
        {
            using var host = Caller(client.BaseAddress!);
            using var request = new HttpRequestMessage(new HttpMethod(method), "/silent").WithPatience(TimeSpan.FromMilliseconds(300));
            var begun = Stopwatch.GetTimestamp();

            await Assert.ThrowsAsync<TimeoutRejectedException>(() => host.Services.GetRequiredService<KeysClient>().Http.SendAsync(request, TestContext.Current.CancellationToken));

            // Well before the ten seconds of other calls.
            Assert.InRange(Stopwatch.GetElapsedTime(begun).TotalSeconds, 0.2, 9);
        }
    }

    [Fact]
    public void Client_NeverUsesAProxyOfTheEnvironment_WhichWouldSeeTheServiceToken()
    {
        using var host = Caller(new Uri("http://127.0.0.1:1"));
        var handler = host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(nameof(KeysClient));
        while (handler is DelegatingHandler { InnerHandler: { } inner })
        {
            handler = inner;
        }

        Assert.False(Assert.IsType<SocketsHttpHandler>(handler).UseProxy);
    }

    private static IHost Caller(Uri address)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "Caller", EnvironmentName = "Production" });
        builder.Configuration.AddInMemoryCollection([new("ServiceAuth:Token", TinyApp.Token), new("services:keyhealth:http:0", address.ToString())]);
        builder.AddServiceDefaults();
        builder.Services.AddServiceClient<KeysClient>("keyhealth");
        return builder.Build();
    }

    private static Task<(WebApplication App, HttpClient Client)> StartAsync(ConcurrentQueue<string> seen)
    {
        var app = TinyApp.Build(builder => builder.Services.AddServiceAuthentication(asFallback: true), ("ServiceAuth:Token", TinyApp.Token));
        app.AddActorEcho();
        app.MapMethods("/once-unavailable", ["GET", "POST"], (HttpContext context) =>
        {
            seen.Enqueue(context.Request.Method);
            return Results.StatusCode(seen.Count == 1 ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
        });
        app.MapMethods("/silent", ["GET", "POST"], (HttpContext context) => Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted));
        return TinyApp.StartAsync(app);
    }

    internal sealed class KeysClient(HttpClient http)
    {
        public HttpClient Http => http;
    }
}
