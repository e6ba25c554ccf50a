using System.Text;
using System.Text.RegularExpressions;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary>Three of ten requests are a mistake of the client, found by the gateway or by the upstream: whoever asks otherwise notices nothing.</summary>
public sealed partial class ClientMistakesTests
{
    private const string Model = "gemini-2.5-flash";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";
    private static readonly string[] Keys = [.. Enumerable.Range(0, 4).Select(n => $"AQ.upstream-key-number-{n}-00000000")];

    /// <summary>What the upstream answers to what it is sent, when the message asks for it.</summary>
    private static readonly (int Status, string Error)[] Refusals =
    [
        (400, """{"code":400,"message":"Request contains an invalid argument.","status":"INVALID_ARGUMENT"}"""),
        (400, """{"code":400,"message":"Invalid JSON payload received. Unknown name \"foo\": Cannot find field.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"foo","description":"Unknown name"}]}]}"""),
        (400, """{"code":400,"message":"The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}"""),
        (400, """{"code":400,"message":"Unable to process input image. Please retry or report.","status":"INVALID_ARGUMENT"}"""),
        (400, """{"code":400,"message":"Corrupted thought signature.","status":"INVALID_ARGUMENT"}"""),
        (400, """{"code":400,"message":"Please ensure that the number of function response parts is equal to the number of function call parts.","status":"INVALID_ARGUMENT"}"""),
        (403, """{"code":403,"message":"You do not have permission to access the File abc or it may not exist.","status":"PERMISSION_DENIED"}"""),
        (413, """{"code":413,"message":"Request payload size exceeds the limit.","status":"INVALID_ARGUMENT"}"""),
        (404, """{"code":404,"message":"models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.","status":"NOT_FOUND"}"""),
    ];

    private static readonly string[] Mistakes =
    [
        "",
        "{\"model\":",
        $$"""{"model":"{{Model}}"}""",
        $$"""{"model":"{{Model}}","messages":[]}""",
        $$"""{"model":"{{Model}}","messages":[{"role":"king","content":"x"}]}""",
        $$"""{"model":"{{Model}}","messages":[{"role":"user","content":"x"}],"temperature":"hot"}""",
        .. Enumerable.Range(0, Refusals.Length - 1).Select(n => Chat(Model, $"mistake {n}")),
        Chat("gemini-9", $"mistake {Refusals.Length - 1}"),
    ];

    [Fact]
    public async Task TenThousandRequests_ThreeOfTenMistaken_NoKeyChangesState()
    {
        const int Count = 10_000;
        await using var upstream = await StubUpstream.StartAsync((context, seen) => Wish().Match(seen.Body) is { Success: true } wish
            ? StubUpstream.JsonAsync(context, Refusals[wish.Groups[1].Value[0] - '0'].Status, $$"""{"error":{{Refusals[wish.Groups[1].Value[0] - '0'].Error}}}""")
            : StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, Keys);
        var asked = Enumerable.Range(0, Count).Select(n => (Mistake: n % 10 < 3, Body: n % 10 < 3 ? Mistakes[((n / 10 * 3) + (n % 10)) % Mistakes.Length] : Chat(Model, "hello")));
        var wrong = 0;

        await Parallel.ForEachAsync(asked, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (one, cancellation) =>
        {
            using var response = await gateway.Client.PostAsync("/v1/chat/completions", new StringContent(one.Body, Encoding.UTF8, "application/json"), cancellation);
            if (one.Mistake ? (int)response.StatusCode is < 400 or >= 500 or 429 : (int)response.StatusCode != 200)
            {
                Interlocked.Increment(ref wrong);
            }
        });

        Assert.Equal(0, wrong);
        await Eventually.TrueAsync(() => Task.FromResult(gateway.Ledger.Facts.Count == Count), TimeSpan.FromSeconds(30), "every request recorded");
        Assert.Empty(gateway.Ledger.Failures);
        Assert.Equal(Keys.Length, gateway.Pool.EligibleFor(Model)!.Count);
        Assert.Equal(Count / 10 * 7, gateway.Ledger.Facts.Count(fact => fact.Outcome == RequestOutcome.Succeeded));
        Assert.Equal(Count / 10 * 3, gateway.Ledger.Facts.Count(fact => fact.Outcome == RequestOutcome.ClientError));

        // As many mistakes as there are kinds reached the upstream, or this would show nothing.
        Assert.Equal(Refusals.Length, upstream.Seen.Select(seen => Wish().Match(seen.Body)).Where(wish => wish.Success).Select(wish => wish.Value).Distinct().Count());
    }

    private static string Chat(string model, string text) => $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{text}}"}]}""";

    [GeneratedRegex("mistake ([0-9])")]
    private static partial Regex Wish();
}
