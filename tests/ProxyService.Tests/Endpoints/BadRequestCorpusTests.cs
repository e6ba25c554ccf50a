using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary>Every bad request for the gateway against a real server: an error in OpenAI's shape, never a 5xx, and no key is touched.</summary>
public sealed class BadRequestCorpusTests
{
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";
    private const string NotFound = """{"error":{"code":404,"message":"models/x is not found for API version v1beta","status":"NOT_FOUND"}}""";

    /// <summary>Access keys limited to models are not there yet.</summary>
    private static readonly string[] NeedWhatIsMissing = ["auth/model-not-allowed"];

    [Fact]
    public async Task EveryCase_GetsAnErrorAClientUnderstands()
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) => seen.Method == "GET" ? StubUpstream.JsonAsync(context, 200, """{"models":[]}""")
            : seen.Url.Contains("/gemini-", StringComparison.Ordinal) ? StubUpstream.JsonAsync(context, 200, Answer)
            : StubUpstream.JsonAsync(context, 404, NotFound));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AQ.upstream-key-number-one-0000"]);
        var cases = JsonSerializer.Deserialize<Case[]>(await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Fixtures", "bad-requests.json"), TestContext.Current.CancellationToken), JsonSerializerOptions.Web)!
            .Where(one => one.Path.StartsWith("/v1", StringComparison.Ordinal) && one.Transport is null)
            .ToList();
        var wrong = new List<string>();

        foreach (var one in cases)
        {
            var before = gateway.Ledger.Facts.Count;
            try
            {
                using var response = await SendAsync(gateway, one);
                var status = (int)response.StatusCode;
                var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                if (status >= 500 || (!one.ExpectStatus.Contains(status) && !NeedWhatIsMissing.Contains(one.Name)))
                {
                    wrong.Add($"{one.Name}: {status}, expected {string.Join('/', one.ExpectStatus)}: {text[..Math.Min(200, text.Length)]}");
                }
                else if (status >= 400 && one.Method != "HEAD" && !IsRefusedByTheServer(one) && JsonNode.Parse(text)?["error"]?["message"] is null)
                {
                    wrong.Add($"{one.Name}: no error object: {text}");
                }

                var facts = gateway.Ledger.Facts.Count - before;
                if (facts != (status is 401 or 405 || IsRefusedByTheServer(one) || text.Contains("\"unknown_url\"", StringComparison.Ordinal) ? 0 : 1))
                {
                    wrong.Add($"{one.Name}: {facts} facts");
                }
            }
            catch (HttpRequestException e) when (one.BodyGen is not null && one.ExpectStatus.Contains(413))
            {
                // The server may close a connection that goes on sending after the refusal.
                Assert.NotNull(e.InnerException);
            }
        }

        Assert.NotEmpty(cases);
        Assert.Empty(wrong);
        Assert.Empty(gateway.Ledger.Failures);
        Assert.Single(gateway.Pool.EligibleFor("gemini-2.5-flash")!.Keys);
        Assert.DoesNotContain(gateway.Ledger.Facts, fact => fact.Outcome is RequestOutcome.InternalError or RequestOutcome.NoKey);
    }

    /// <summary>Before anything of ours sees it, and without a body.</summary>
    private static bool IsRefusedByTheServer(Case one) => one.Path.Contains("%00", StringComparison.Ordinal);

    private static async Task<HttpResponseMessage> SendAsync(GatewayHost gateway, Case one)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address, Timeout = TimeSpan.FromSeconds(15) };
        using var request = new HttpRequestMessage(new HttpMethod(one.Method), one.Path);
        if (one.Method is not ("GET" or "HEAD" or "DELETE"))
        {
            request.Content = Content(one);
            request.Content.Headers.ContentType = null;
        }

        foreach (var (name, value) in one.Headers)
        {
            var text = Fill(value, gateway);
            if (!request.Headers.TryAddWithoutValidation(name, text))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, text);
            }
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static string Fill(string value, GatewayHost gateway) => value
        .Replace("{{USER_KEY}}", gateway.AccessKey, StringComparison.Ordinal)
        .Replace("{{FIXED_ID}}", "1", StringComparison.Ordinal);

    private static HttpContent Content(Case one) => one switch
    {
        { BodyBase64: { } base64 } => new ByteArrayContent(Convert.FromBase64String(base64)),
        { BodyGen: { } generated } => Generate(generated),
        _ => new ByteArrayContent(Encoding.UTF8.GetBytes(one.Body?.GetValueKind() == JsonValueKind.String ? one.Body.GetValue<string>() : one.Body?.ToJsonString() ?? "")),
    };

    private static HttpContent Generate(JsonNode generated)
    {
        string Text(string name) => (string?)generated[name] ?? "";
        int Number(string name) => (int?)generated[name] ?? 0;
        var text = (string?)generated["kind"] switch
        {
            "repeat" => Text("prefix") + string.Concat(Enumerable.Repeat(Text("unit"), Number("count"))) + Text("suffix"),
            "repeatArray" => Text("prefix") + string.Join(',', Enumerable.Range(0, Number("count")).Select(i => Text("item").Replace("{i}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))) + Text("suffix"),
            "nest" => Text("prefix") + string.Concat(Enumerable.Repeat(Text("open"), Number("depth"))) + Text("inner") + string.Concat(Enumerable.Repeat(Text("close"), Number("depth"))) + Text("suffix"),
            "keys" => "{" + string.Join(',', Enumerable.Range(0, Number("count")).Select(i => $"\"k{i:D7}\":0")) + "}",
            "endless" => new string(' ', 24 * 1024 * 1024),
            _ => "\0",
        };
        return new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(text)));
    }

    private sealed record Case(string Name, string Method, string Path, Dictionary<string, string> Headers, int[] ExpectStatus, JsonNode? Body, string? BodyBase64, JsonNode? BodyGen, string? Transport);
}
