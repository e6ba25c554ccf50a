using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests.Telemetry;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Metrics_HoldTheServicesOwnMeters()
    {
        var built = TinyApp.Build();
        var counter = built.Services.GetRequiredService<IMeterFactory>().Create("GeminiBalance.Tests").CreateCounter<long>("gemini_balance.tests.counted");
        var (app, client) = await TinyApp.StartAsync(built);
        await using (app)
        using (client)
        {
            counter.Add(3);

            var text = await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);

            Assert.Contains("gemini_balance_tests_counted_total", text, StringComparison.Ordinal);
            Assert.Contains("http_server_active_requests", text, StringComparison.Ordinal);
            Assert.Contains("dotnet_", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("Information", true)]
    public async Task Requests_AreLoggedOnlyWhenAskedFor(string? level, bool logged)
    {
        var log = new RecordedLog();
        var built = TinyApp.Build(builder => builder.Logging.AddProvider(log), level is null ? [] : [("Logging:LogLevel:Microsoft.AspNetCore", level)]);
        built.MapGet("/login", () => "");
        var (app, client) = await TinyApp.StartAsync(built);
        await using (app)
        using (client)
        {
            await client.GetStringAsync("/login?t=canary", TestContext.Current.CancellationToken);

            Assert.Equal(logged, log.Lines.Any(line => line.Contains("canary", StringComparison.Ordinal)));
        }
    }
}
