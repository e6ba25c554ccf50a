using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Keys;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests;

/// <summary>The simulator the tests of a class share. Its ledger is small, so that a test can fill it.</summary>
public sealed class SharedSimulator : IAsyncLifetime
{
    public GeminiSimulatorHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await GeminiSimulatorHost.StartAsync("--Simulator:LedgerCapacity=50");

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}

/// <summary>A test that talks HTTP to a simulator, which is as new before each test.</summary>
public abstract class SimulatorTest(SharedSimulator shared) : IClassFixture<SharedSimulator>, IAsyncLifetime
{
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    protected Uri Address => shared.Host.Address;

    protected SimulatorControl Control => shared.Host.Control;

    protected HttpClient Client { get; } = new() { BaseAddress = shared.Host.Address, Timeout = Soon };

    protected SimulatedKey Key { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Control.ResetAsync(withKeys: true);
        await Control.MarkersAsync(false);
        Key = await Control.HealthyKeyAsync();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A request whose last content is a user's text.</summary>
    protected static JsonObject Saying(string text, string extra = "{}")
    {
        var body = JsonNode.Parse(extra)!.AsObject();
        body["contents"] = new JsonArray(new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["text"] = text }) });
        return body;
    }

    protected static HttpRequestMessage Request(string path, string? body, string? key)
    {
        var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        if (key is not null)
        {
            request.Headers.Add("x-goog-api-key", key);
        }

        return request;
    }

    protected async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using var response = await Client.SendAsync(request);
        return new Reply(response.StatusCode, response.Content.Headers.ContentType?.ToString() ?? "", await response.Content.ReadAsStringAsync());
    }

    protected Task<Reply> PostAsync(string path, string body, string? key = null) => SendAsync(Request(path, body, key ?? Key.Value));

    protected Task<Reply> GetAsync(string path, string? key = null) => SendAsync(Request(path, null, key ?? Key.Value));

    protected Task<Reply> GenerateAsync(JsonNode body, string model = "gemini-2.5-flash", string? key = null) =>
        PostAsync($"/v1beta/models/{model}:generateContent", body.ToJsonString(), key);

    protected Task<Reply> StreamAsync(JsonNode body, string model = "gemini-2.5-flash", string query = "?alt=sse") =>
        PostAsync($"/v1beta/models/{model}:streamGenerateContent{query}", body.ToJsonString());
}

/// <summary>What came back.</summary>
public sealed record Reply(HttpStatusCode Status, string ContentType, string Text)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public JsonNode Candidate => Json["candidates"]![0]!;

    public string Said => string.Concat(Candidate["content"]!["parts"]!.AsArray().Where(part => part!["thought"] is null).Select(part => (string?)part!["text"]));

    public JsonNode Usage => Json["usageMetadata"]!;

    public string Message => (string)Json["error"]!["message"]!;

    /// <summary>The events of a stream that ended well.</summary>
    public IReadOnlyList<JsonNode> Events => [.. Text.Split("\r\n\r\n", StringSplitOptions.RemoveEmptyEntries).Select(line =>
    {
        Assert.StartsWith("data: ", line, StringComparison.Ordinal);
        return JsonNode.Parse(line["data: ".Length..])!;
    })];

    public JsonNode? Detail(string type) => Json["error"]!["details"]?.AsArray().FirstOrDefault(detail => ((string)detail!["@type"]!).EndsWith("." + type, StringComparison.Ordinal));
}
