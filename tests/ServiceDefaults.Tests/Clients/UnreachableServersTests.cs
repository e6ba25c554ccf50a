using System.Diagnostics;
using System.Net;
using GeminiBalance.ServiceDefaults.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests.Clients;

/// <summary>A service whose servers are away: it starts, lives, and says what is missing.</summary>
public sealed class UnreachableServersTests
{
    // Port 1 on loopback: refused at once.
    private const string Postgres = "Host=127.0.0.1;Port=1;Database=geminibalance;Username=canary;Password=canary;Timeout=2";
    private const string Redis = "127.0.0.1:1,password=canary,connectTimeout=500";

    [Fact]
    public async Task Postgres_Away_TheServiceLivesButIsNotReady()
    {
        var built = TinyApp.Build(builder => builder.AddNpgsqlSource("geminibalance"), ("ConnectionStrings:geminibalance", Postgres));
        var (app, client) = await TinyApp.StartAsync(built);
        await using (app)
        using (client)
        {
            Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, "/alive")).Status);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(client, "/health")).Status);
            Assert.Contains("PostgreSQL does not answer.", (await GetAsync(client, "/health/dependencies")).Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Redis_Away_TheServiceStaysReadyAndTheDetailSaysSo()
    {
        var built = TinyApp.Build(builder => builder.AddRedisClient("redis"), ("ConnectionStrings:redis", Redis));
        var (app, client) = await TinyApp.StartAsync(built);
        await using (app)
        using (client)
        {
            Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, "/health")).Status);
            var (status, body) = await GetAsync(client, "/health/dependencies");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.Contains("Redis does not answer.", body, StringComparison.Ordinal);
            Assert.DoesNotContain("canary", body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task DbContext_Away_IsSeenInTheDetailAtOnceWithoutItsPassword()
    {
        var built = TinyApp.Build(builder => builder.AddNpgsqlDbContext<EmptyContext>("geminibalance"), ("ConnectionStrings:geminibalance", Postgres));
        var (app, client) = await TinyApp.StartAsync(built);
        await using (app)
        using (client)
        {
            var watch = Stopwatch.StartNew();
            var (status, body) = await GetAsync(client, "/health/dependencies");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"It took {watch.Elapsed}.");
            Assert.Contains(nameof(EmptyContext), body, StringComparison.Ordinal);
            Assert.DoesNotContain("canary", body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Postgres_Connection_CarriesTheServicesName()
    {
        var app = TinyApp.Build(builder => builder.AddNpgsqlSource("geminibalance"), ("ConnectionStrings:geminibalance", Postgres));
        await using (app)
        {
            Assert.Contains("Application Name=TinyApp", app.Services.GetRequiredService<NpgsqlDataSource>().ConnectionString, StringComparison.Ordinal);
        }
    }

    private static async Task<(HttpStatusCode Status, string Body)> GetAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public sealed class EmptyContext(DbContextOptions<EmptyContext> options) : DbContext(options);
}
