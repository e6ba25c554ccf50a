using System.Net;
using GeminiBalance.ServiceDefaults.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests.Health;

public sealed class HealthEndpointsTests
{
    [Fact]
    public async Task Health_ReadyCheckFails_OnlyAliveStaysHealthy()
    {
        var app = TinyApp.Build(builder => builder.Services.AddHealthChecks().AddCheck<TinyApp.Failing>("store", tags: [HealthTags.Ready]));
        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable),
            await StatusesAsync(app));
    }

    [Fact]
    public async Task Health_DependencyFails_OnlyTheDetailShowsIt()
    {
        var app = TinyApp.Build(builder => builder.Services.AddHealthChecks().AddCheck<TinyApp.Failing>("cache"));
        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable),
            await StatusesAsync(app));
    }

    [Fact]
    public async Task Dependencies_OfAFailedCheck_ShowItsTextAndNeverItsException()
    {
        var (app, client) = await TinyApp.StartAsync(TinyApp.Build(builder => builder.Services.AddHealthChecks().AddCheck<TinyApp.Failing>("cache")));
        await using (app)
        using (client)
        {
            using var response = await client.GetAsync("/health/dependencies", TestContext.Current.CancellationToken);
            var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Contains("It is away.", body, StringComparison.Ordinal);
            Assert.DoesNotContain("canary", body, StringComparison.Ordinal);
        }
    }

    private static async Task<(HttpStatusCode Alive, HttpStatusCode Health, HttpStatusCode Dependencies)> StatusesAsync(WebApplication built)
    {
        var (app, client) = await TinyApp.StartAsync(built);
        await using (app)
        using (client)
        {
            async Task<HttpStatusCode> Get(string path)
            {
                using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
                return response.StatusCode;
            }

            return (await Get("/alive"), await Get("/health"), await Get("/health/dependencies"));
        }
    }
}
