using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Reporting;

public sealed class TracingTests
{
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2,"totalTokenCount":6},"modelVersion":"gemini-2.5-flash"}""";
    private const string Question = """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hello"}]}""";

    [Fact]
    public async Task Request_WhoseSpansAreCollected_HasItsTraceInItsRecords()
    {
        var trace = ActivityTraceId.CreateRandom();
        using var collector = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",

            // Other tests' requests are none of its business.
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.TraceId == trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
        };
        ActivitySource.AddActivityListener(collector);
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AQ.upstream-key-number-one-0000"]);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(Question, Encoding.UTF8, "application/json") };
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith($"00-{trace}-", Assert.Single(gateway.Ledger.Starts).TraceParent, StringComparison.Ordinal);
        Assert.StartsWith($"00-{trace}-", Assert.Single(gateway.Ledger.Facts).TraceParent, StringComparison.Ordinal);
        Assert.DoesNotContain("traceparent", Assert.Single(upstream.Seen).Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public void Levels_AsInstalled_KeepTheFrameworkFromASpanAndAScopeForEachRequest()
    {
        var settings = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).Build();
        using var logs = LoggerFactory.Create(logging => logging.AddConfiguration(settings.GetSection("Logging")).AddConsole());

        Assert.False(logs.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").IsEnabled(LogLevel.Critical));
        Assert.True(logs.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").IsEnabled(LogLevel.Warning));
        Assert.True(logs.CreateLogger("GeminiBalance.ProxyService.Forwarding.Forwarder").IsEnabled(LogLevel.Information));
    }
}
