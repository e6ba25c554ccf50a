using System.Net;
using System.Text;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary>Web pages of other origins, on both surfaces.</summary>
public sealed class CrossOriginTests
{
    private const string Page = "https://app.example.org";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";

    [Theory]
    [InlineData("/v1/chat/completions", Page, Page + ", http://localhost:3000", Page)]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", Page, Page, Page)]
    [InlineData("/v1/models", Page, "*", "*")]
    [InlineData("/v1/chat/completions", "https://app.example.org.evil.test", Page, null)]
    [InlineData("/v1/chat/completions", "http://app.example.org", Page, null)]
    [InlineData("/v1/chat/completions", Page, "", null)]
    [InlineData("/internal/status", Page, "*", null)]
    public async Task Preflight_IsAnsweredForAllowedOriginsOnly(string path, string origin, string allowed, string? answer)
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), ["AQ.upstream-key-number-one-0000"], ("Cors:Origins", allowed));
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,x-stainless-lang");

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(answer, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal(answer is not null, response.StatusCode == HttpStatusCode.NoContent);
        Assert.Equal(answer is null ? null : "authorization,content-type,x-stainless-lang", Header(response, "Access-Control-Allow-Headers"));
        Assert.Equal(answer is null ? null : "GET, POST", Header(response, "Access-Control-Allow-Methods"));
        Assert.Null(Header(response, "Access-Control-Allow-Credentials"));
        Assert.Equal(allowed.Length > 0 && path.StartsWith("/v1", StringComparison.Ordinal), Header(response, "Vary")?.Contains("Origin", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]}""", HttpStatusCode.OK)]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[{"parts":[{"text":"q"}]}]}""", HttpStatusCode.OK)]
    [InlineData("/v1/chat/completions", "{", HttpStatusCode.BadRequest)]
    [InlineData("/nowhere", "{}", HttpStatusCode.NotFound)]
    public async Task Answers_AndErrors_MayBeReadByThePage(string path, string body, HttpStatusCode status)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AQ.upstream-key-number-one-0000"], ("Cors:Origins", Page));

        using var mine = await PostAsync(gateway, path, body, Page);
        using var other = await PostAsync(gateway, path, body, "https://other.example.org");
        using var program = await PostAsync(gateway, path, body, null);

        Assert.Equal((status, status, status), (mine.StatusCode, other.StatusCode, program.StatusCode));
        Assert.Equal((Page, null, null), (Header(mine, "Access-Control-Allow-Origin"), Header(other, "Access-Control-Allow-Origin"), Header(program, "Access-Control-Allow-Origin")));
        Assert.Equal(("Origin", "Origin", null), (Header(mine, "Vary"), Header(other, "Vary"), Header(program, "Vary")));
        Assert.Contains("x-request-id", Header(mine, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
        Assert.All(upstream.Seen, seen => Assert.DoesNotContain("Origin", seen.Headers.Keys));
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private static Task<HttpResponseMessage> PostAsync(GatewayHost gateway, string path, string body, string? origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        return gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
