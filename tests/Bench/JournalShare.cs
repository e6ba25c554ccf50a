using System.Net.Http.Headers;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService;
using GeminiBalance.ProxyService.Endpoints;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Reporting.Journaling;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.Bench;

/// <summary>
/// The journal's share of what the gateway can carry: the same chat through a gateway with a journal and pump, through one that writes nothing down, and straight
/// to the upstream, in turns. Client, gateway and upstream share the process, so only the differences are the gateway's.
/// </summary>
internal static class JournalShare
{
    private const int Rounds = 11;
    private const int PerRound = 6_000;
    private const int Clients = 32;
    private const string Model = "gemini-2.5-flash";

    public static async Task RunAsync()
    {
        await using var upstream = await UpstreamAsync().ConfigureAwait(false);
        using var rig = new JournalUnderLoad(withPump: true);
        using var still = new JournalUnderLoad(withPump: false);
        var address = AddressOf(upstream);
        await using var with = await GatewayAsync(address, rig.Journal).ConfigureAwait(false);
        await using var unsent = await GatewayAsync(address, still.Journal).ConfigureAwait(false);
        await using var without = await GatewayAsync(address, new NoLedger()).ConfigureAwait(false);
        var chat = Encoding.UTF8.GetBytes($$"""{"model":"{{Model}}","messages":[{"role":"system","content":"You are brief."},{"role":"user","content":"{{Words(300)}}"},{"role":"assistant","content":"{{Words(300)}}"},{"role":"user","content":"{{Words(300)}}"}]}""");
        (string What, HttpClient Client, string Path)[] ways =
        [
            ("straight", new HttpClient { BaseAddress = address }, $"/v1beta/models/{Model}:generateContent"),
            ("without", ClientOf(without), "/v1/chat/completions"),
            ("unsent", ClientOf(unsent), "/v1/chat/completions"),
            ("with", ClientOf(with), "/v1/chat/completions"),
        ];
        var processor = ways.ToDictionary(way => way.What, _ => new List<double>());
        var rates = ways.ToDictionary(way => way.What, _ => new List<double>());
        using var use = new ProcessorUse();
        for (var round = -1; round < Rounds; round++)
        {
            foreach (var (what, client, path) in ways)
            {
                use.Restart();
                await RoundAsync(client, path, chat).ConfigureAwait(false);
                var seconds = use.Elapsed.TotalSeconds;
                await rig.DrainedAsync().ConfigureAwait(false);
                if (round >= 0)
                {
                    processor[what].Add(use.Processor.TotalMicroseconds / PerRound);
                    rates[what].Add(PerRound / seconds);
                }
            }
        }

        foreach (var (_, client, _) in ways)
        {
            client.Dispose();
        }

        Print(processor, rates);
    }

    private static void Print(Dictionary<string, List<double>> processor, Dictionary<string, List<double>> rates)
    {
        var gateway = processor["with"].Zip(processor["straight"], (a, b) => a - b).ToArray();
        var journal = processor["with"].Zip(processor["without"], (a, b) => a - b).ToArray();
        var append = processor["unsent"].Zip(processor["without"], (a, b) => a - b).ToArray();
        var share = journal.Zip(gateway, (a, b) => a / b).ToArray();
        var throughput = rates["with"].Zip(rates["without"], (a, b) => 1 - (a / b)).ToArray();
        ProcessorUse.Row($"load {ProcessorUse.Load}; {Rounds} rounds of {PerRound:N0} chats, {Clients} at once; ratios are of neighbours in a round");
        Console.WriteLine();
        Console.WriteLine("| figure | median | worst |");
        Console.WriteLine("| --- | --- | --- |");
        ProcessorUse.Row($"| CPU of client, gateway with journal and upstream per chat | {ProcessorUse.Median(processor["with"]):0} us | {processor["with"].Max():0} us |");
        ProcessorUse.Row($"| of it the gateway, journal and pump included | {ProcessorUse.Median(gateway):0} us | {gateway.Max():0} us |");
        ProcessorUse.Row($"| of it journal and pump | {ProcessorUse.Median(journal):0.0} us | {journal.Max():0.0} us |");
        ProcessorUse.Row($"| of it the journal alone | {ProcessorUse.Median(append):0.0} us | {append.Max():0.0} us |");
        ProcessorUse.Row($"| share of journal and pump in the gateway's CPU | {100 * ProcessorUse.Median(share):0.0} % | {100 * share.Max():0.0} % |");
        ProcessorUse.Row($"| chats a second, with the journal | {ProcessorUse.Median(rates["with"]):N0} | {rates["with"].Min():N0} |");
        ProcessorUse.Row($"| fewer chats a second than without it | {100 * ProcessorUse.Median(throughput):0.0} % | {100 * throughput.Max():0.0} % |");
    }

    private static Task RoundAsync(HttpClient client, string path, byte[] body) => Task.WhenAll(Enumerable.Range(0, Clients).Select(number => Task.Run(async () =>
    {
        for (var i = number; i < PerRound; i += Clients)
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
        }
    })));

    private static HttpClient ClientOf(WebApplication gateway)
    {
        var client = new HttpClient { BaseAddress = AddressOf(gateway) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Services.GetRequiredService<AccessKeyOfBench>().Value);
        return client;
    }

    private static Uri AddressOf(WebApplication app) => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    private static async Task<WebApplication> UpstreamAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var answer = Encoding.UTF8.GetBytes($$"""{"candidates":[{"content":{"parts":[{"text":"{{Words(1_500)}}"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":200,"candidatesTokenCount":300,"totalTokenCount":500},"modelVersion":"{{Model}}","responseId":"abcdefghijklmnop"}""");
        app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null).ConfigureAwait(false);
            context.Response.ContentType = "application/json; charset=UTF-8";
            context.Response.ContentLength = answer.Length;
            await context.Response.Body.WriteAsync(answer).ConfigureAwait(false);
        });
        await app.StartAsync().ConfigureAwait(false);
        return app;
    }

    /// <summary>The gateway with a pool of ten keys instead of one from Redis.</summary>
    private static async Task<WebApplication> GatewayAsync(Uri upstream, IRequestLedger ledger)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["ConnectionStrings:redis"] = "127.0.0.1:1,connectTimeout=100",
            ["Encryption:Key"] = "encryption-key-encryption-key-encryption-key",
            ["ServiceAuth:Token"] = "service-token-service-token-service-token",
            ["Gemini:BaseAddress"] = upstream.ToString(),
        });
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        builder.AddKeyPool();
        builder.AddForwarding();
        builder.AddProxySettings();
        builder.AddEndpoints();

        // Nothing that follows Redis, the bus or the other services.
        foreach (var service in builder.Services.Where(service => service.ServiceType == typeof(IHostedService)).ToArray())
        {
            builder.Services.Remove(service);
        }

        var key = new AccessKeyOfBench(AccessKeyFormat.Generate().Reveal());
        builder.Services.AddSingleton(key);
        builder.Services.AddSingleton<ProxyMetrics>();
        builder.Services.AddSingleton(ledger);
        builder.Services.AddSingleton<IFailureReport, NoReport>();
        builder.Services.AddSingleton<IUsageReport, NoReport>();
        var app = builder.Build();
        app.MapEndpoints();
        var encryption = app.Services.GetRequiredService<SecretEncryption>();
        app.Services.GetRequiredService<LivePool>().Replace(
            new PoolSnapshot(
                Guid.CreateVersion7(),
                1,
                [.. Enumerable.Range(0, 10).Select(number => new PoolKey(SampleFacts.KeyOf(number), encryption.Encrypt(SampleFacts.KeyOf(number), SecretPurposes.UpstreamKey, new Secret($"bench-key-{number}")), null))],
                [],
                [new PoolAccessKey(SampleFacts.AccessKeyOf(0), "bench", AccessKeyFormat.Hash(key.Value), true, null)]),
            "bench");
        await app.StartAsync().ConfigureAwait(false);
        return app;
    }

    private static string Words(int length) => string.Concat(Enumerable.Repeat("lorem ipsum dolor ", (length / 18) + 1))[..length];

    private sealed record AccessKeyOfBench(string Value);

    private sealed class NoReport : IFailureReport, IUsageReport
    {
        public void Report(KeyAttemptFailure failure)
        {
        }

        public void Used(Guid key, string model, bool succeeded, long inputTokens, long outputTokens, double latencyMs)
        {
        }
    }

    /// <summary>A ledger that writes nothing down.</summary>
    private sealed class NoLedger : IRequestLedger
    {
        public long Unsent => 0;

        public bool TryAdmit() => true;

        public void Leave()
        {
        }

        public ValueTask<Segment?> BeginAsync(in RequestStart start) => ValueTask.FromResult<Segment?>(null);

        public ValueTask RecordAsync(RequestFact fact, Segment? began) => ValueTask.CompletedTask;
    }
}
