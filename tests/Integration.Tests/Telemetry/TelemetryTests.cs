using System.Net;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.Integration.Tests.Telemetry;

/// <summary>What an Aspire dashboard or any other collector gets to see.</summary>
public sealed class TelemetryTests(GatewayFixture gateway)
{
    private static readonly TimeSpan Exported = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan Traced = TimeSpan.FromSeconds(30);
    private static readonly string[] Services = ["proxy", "keyhealth", "stats", "admin"];

    [Fact]
    public async Task Collector_GetsTracesMetricsAndLogs_FromAllFourServices()
    {
        using (var admin = gateway.Client("admin"))
        using (await admin.GetAsync("/login", TestContext.Current.CancellationToken))
        {
            await gateway.KeySummaryAsync();
            await gateway.OverviewAsync();
            using var chat = await gateway.ChatAsync("leave a trace");
        }

        foreach (var service in Services)
        {
            await Eventually.TrueAsync(() => Task.FromResult(gateway.Collector.Spans.Any(span => span.Service == service)), Exported, $"spans of {service}");
            await Eventually.TrueAsync(() => Task.FromResult(gateway.Collector.Metrics.ContainsKey(service)), Exported, $"metrics of {service}");
            await Eventually.TrueAsync(() => Task.FromResult(gateway.Collector.Logs.ContainsKey(service)), Exported, $"logs of {service}");
        }

        await Eventually.TrueAsync(() => Task.FromResult(gateway.Collector.Metrics["proxy"].Keys.Any(name => name.StartsWith("gemini_balance", StringComparison.Ordinal))), Exported, "the gateway's own metrics");
    }

    [Fact]
    public async Task OneTrace_GoesFromTheRequestOverTheBusToTheStore()
    {
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"trace me"}]}""", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", gateway.AccessKey);
        request.Headers.Add("traceparent", $"00-{trace}-b7ad6b7169203331-01");

        using var response = await gateway.Gateway.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Eventually.TrueAsync(() => Task.FromResult(Of(trace, "proxy", "POST /v1/chat/completions")), Traced, "the request in the client's trace");
        await Eventually.TrueAsync(() => Task.FromResult(Of(trace, "proxy", "gemini generateContent")), Traced, "the upstream call in the client's trace");
        await Eventually.TrueAsync(() => Task.FromResult(Of(trace, "stats", "append request fact")), Traced, "the append in the client's trace");
    }

    private bool Of(string trace, string service, string name) => gateway.Collector.Spans.Any(span => span.TraceId == trace && span.Service == service && span.Name == name);
}
