using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Fuzz;

/// <summary>
/// Answers of the upstream that nobody thought of: whole, mutated, cut, in pieces. Every client gets a well-formed answer or an error in its own shape, never a 500;
/// a stream that was not whole never looks whole; and every request is accounted for once, as what the client saw.
/// </summary>
public sealed class StreamFuzzTests
{
    private const int Keys = 20;

    /// <summary>Many wait for another try.</summary>
    private const int Waiting = 48;

    [Fact]
    public Task FiveThousandAnswers_AreWellFormedOrErrors() => RunAsync(5_000, 1);

    [Fact]
    [Trait("Suite", "Full")]
    public Task AHundredThousandAnswers_AreWellFormedOrErrors() => RunAsync(100_000, 3_000_000);

    private static async Task RunAsync(int count, int standardSeed)
    {
        var answers = new ConcurrentDictionary<string, byte[]>();
        await using var upstream = await StubUpstream.StartAsync((context, seen) => AnswerAsync(context, answers[MarkOf(seen.Body)], seen.Url));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [.. Enumerable.Range(0, Keys).Select(number => $"AQ.upstream-key-number-{number:000000}")]);

        var good = await FuzzRun.AskAsync(gateway, count, standardSeed, number =>
        {
            var request = UpstreamGenerator.Request(number);
            answers[MarkOf(Encoding.UTF8.GetString(request.Body))] = request.Upstream;
            return request;
        }, Judge, Waiting);

        Assert.InRange(good, count / 4, count);
        Assert.True(upstream.Seen.Count > count / 2);
        Assert.Equal(Keys, gateway.Pool.EligibleFor("gemini-2.5-flash")!.Keys.Count());
        Assert.Equal(good, gateway.Ledger.Facts.Count(fact => fact.Status == StatusCodes.Status200OK));
    }

    /// <summary>The answer in pieces, so that every place is once the end of a read.</summary>
    private static async Task AnswerAsync(HttpContext context, byte[] answer, string url)
    {
        context.Response.ContentType = url.Contains("alt=sse", StringComparison.Ordinal) ? "text/event-stream" : "application/json";
        var cut = answer.Length / 2;
        await context.Response.Body.WriteAsync(answer.AsMemory(0, cut));
        await context.Response.Body.FlushAsync();
        await context.Response.Body.WriteAsync(answer.AsMemory(cut));
    }

    private static string? Judge(FuzzRequest request, HttpResponseMessage response, byte[] answer)
    {
        var text = Encoding.UTF8.GetString(answer);
        var isNative = request.Path.StartsWith("/v1beta", StringComparison.Ordinal);
        if (!response.IsSuccessStatusCode)
        {
            var error = JsonNode.Parse(text) is JsonArray list ? list[0]?["error"] : JsonNode.Parse(text)?["error"];
            return response.StatusCode == System.Net.HttpStatusCode.InternalServerError || error?["message"] is null ? $"{(int)response.StatusCode} {text}" : null;
        }

        return isNative ? Native(request, answer)
            : response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? Chunks(text)
            : JsonNode.Parse(text)?["choices"] is JsonArray { Count: > 0 } choices && choices.All(choice => choice!["finish_reason"] is JsonValue && choice["message"] is JsonObject) ? null : "no answer: " + text;
    }

    /// <summary>Bytes of the upstream from the first on, and behind them nothing but an error.</summary>
    private static string? Native(FuzzRequest request, byte[] answer)
    {
        var same = answer.AsSpan().CommonPrefixLength(request.Upstream);
        if (same == answer.Length)
        {
            return null;
        }

        var rest = Encoding.UTF8.GetString(answer.AsSpan(same));
        return Encoding.UTF8.GetString(answer).Contains("\"error\"", StringComparison.Ordinal) ? null : "changed on its way: " + rest;
    }

    private static string? Chunks(string text)
    {
        if (!text.EndsWith("\n\n", StringComparison.Ordinal))
        {
            return "cut: " + text;
        }

        var lines = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith(':')).ToList();
        if (lines.Exists(line => !line.StartsWith("data: ", StringComparison.Ordinal) || line.Contains('\n', StringComparison.Ordinal)))
        {
            return "not an event: " + text;
        }

        var isWhole = lines[^1] == "data: [DONE]";
        var chunks = lines.Take(isWhole ? lines.Count - 1 : lines.Count).Select(line => JsonNode.Parse(line["data: ".Length..])!).ToList();
        var errors = chunks.Count(chunk => chunk["error"] is not null);
        var finishes = chunks.SelectMany(chunk => chunk["choices"]?.AsArray() ?? []).Where(choice => choice!["finish_reason"] is not null).Select(choice => (int)choice!["index"]!).ToList();
        return isWhole
            ? errors == 0 && finishes.Count > 0 && finishes.Distinct().Count() == finishes.Count ? null : "not a whole answer: " + text
            : errors == 1 && chunks[^1]["error"]!["message"] is JsonValue && finishes.Count == 0 ? null : "neither whole nor an error: " + text;
    }

    private static string MarkOf(string body)
    {
        var at = body.IndexOf("fuzz-", StringComparison.Ordinal);
        return body[at..body.IndexOf('-', at + 5)];
    }
}
