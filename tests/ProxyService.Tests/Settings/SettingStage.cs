using System.Net;
using System.Net.Sockets;
using System.Text;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Settings;

/// <summary>Stages on which a setting shows its effect.</summary>
internal static partial class SettingStage
{
    public const string Key = "AQ.upstream-key-number-one-0000";
    public const string OtherKey = "AQ.upstream-key-number-two-0000";
    private const string Model = "gemini-2.5-flash";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";
    private const string Failure = """{"error":{"code":503,"message":"no","status":"UNAVAILABLE"}}""";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits that would end no test.</summary>
    private static readonly (string, string)[] Patient =
        [("Forwarding:DeadlineSeconds", "3600"), ("Gemini:ConnectTimeoutSeconds", "300"), ("Gemini:FirstByteTimeoutSeconds", "3600"), ("Gemini:IdleTimeoutSeconds", "3600"), ("Forwarding:CommitAfterSeconds", "300"), ("Forwarding:KeepAliveSeconds", "300")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Something goes upstream while the setting is set, and neither before nor after; or the other way round.</summary>
    public static async Task SendsAsync(string settings, string model, string sent, bool whenSet = true, params (string, string)[] from)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], from);

        using var before = await ChatAsync(gateway, model);
        Take(gateway, settings);
        using var during = await ChatAsync(gateway, model);
        Take(gateway, "");
        using var after = await ChatAsync(gateway, model);

        Assert.Equal([!whenSet, whenSet, !whenSet], upstream.Seen.Select(seen => (seen.Url + seen.Body).Contains(sent, StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.OK, during.StatusCode);
    }

    /// <summary>The client gets another status.</summary>
    public static async Task AnswersAsync(string settings, string model, HttpStatusCode status, string more)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var before = await ChatAsync(gateway, model, more);
        Take(gateway, settings);
        using var during = await ChatAsync(gateway, model, more);

        Assert.Equal((HttpStatusCode.OK, status), (before.StatusCode, during.StatusCode));
    }

    /// <summary>Of a key that is slow and one that has failed, another one is asked.</summary>
    public static async Task ChoosesAsync(string from, string first, string settings, string then)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, OtherKey], [("Balancing:Strategy", "adaptive"), .. Values(from).Select(value => (value.Key, value.Value))]);
        var (slow, failing) = (gateway.Pool.View!.Keys[0].LoadOf(Model), gateway.Pool.View.Keys[1].LoadOf(Model));
        var longAgo = TimeProvider.System.GetTimestamp() - (100 * TimeProvider.System.TimestampFrequency);
        slow.Begin();
        slow.End(true, 9000, longAgo);
        failing.Begin();
        failing.End(true, 1, longAgo);
        for (var i = 0; i < 6; i++)
        {
            failing.Begin();
            failing.End(false, 1, longAgo);
        }

        using var before = await ChatAsync(gateway, Model);
        Take(gateway, settings);
        using var during = await ChatAsync(gateway, Model);

        Assert.Equal([first, then], upstream.Seen.Select(seen => seen.Key));
    }

    public static async Task RotatesAsync()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, OtherKey], ("Balancing:Strategy", "weighted"));
        Take(gateway, "Balancing:Strategy=round_robin");
        for (var i = 0; i < 6; i++)
        {
            using var response = await ChatAsync(gateway, Model);
        }

        Assert.Equal([3, 3], upstream.Seen.GroupBy(seen => seen.Key).Select(key => key.Count()));
        Assert.DoesNotContain(true, upstream.Seen.Zip(upstream.Seen.Skip(1), (one, next) => one.Key == next.Key));
    }

    public static async Task BoundsCallsAsync()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 500, """{"error":{"code":500,"message":"no","status":"INTERNAL"}}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, OtherKey]);
        Take(gateway, "Forwarding:MaximumAttempts=1");

        using var response = await ChatAsync(gateway, Model);

        Assert.False(response.IsSuccessStatusCode);
        Assert.Single(upstream.Seen);
    }

    public static async Task FallsBackAsync()
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) => seen.Url.Contains("flash-lite", StringComparison.Ordinal) ? StubUpstream.JsonAsync(context, 200, Answer) : StubUpstream.JsonAsync(context, 503, Failure));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, OtherKey], ("Forwarding:MaximumAttempts", "1"));
        Take(gateway, $"Models:Fallbacks:{Model}=gemini-2.5-flash-lite");

        using var response = await ChatAsync(gateway, Model);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, upstream.Seen.Count);
    }

    /// <summary>An upstream that never answers is given up.</summary>
    public static async Task EndsTheWaitAsync(string settings)
    {
        using var end = new CancellationTokenSource();
        await using var upstream = await StubUpstream.StartAsync((context, _) => Task.Delay(Timeout.Infinite, CancellationTokenSource.CreateLinkedTokenSource(end.Token, context.RequestAborted).Token));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], Patient);
        Take(gateway, settings);

        using var response = await ChatAsync(gateway, Model);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        await end.CancelAsync();
    }

    /// <summary>A connection that is never completed is given up.</summary>
    public static async Task GivesUpConnectingAsync()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var gateway = await GatewayHost.StartAsync(new Uri($"https://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}"), [Key], Patient);
        Take(gateway, "Gemini:ConnectTimeoutSeconds=1;Forwarding:MaximumAttempts=1");

        using var response = await ChatAsync(gateway, Model);

        Assert.True(response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout, response.StatusCode.ToString());
    }

    /// <summary>A stream that falls silent is given up.</summary>
    public static async Task EndsASilenceAsync()
    {
        using var end = new CancellationTokenSource();
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await StubUpstream.EventAsync(context, """{"candidates":[{"content":{"parts":[{"text":"one"}]}}]}""");
            await Task.Delay(Timeout.Infinite, CancellationTokenSource.CreateLinkedTokenSource(end.Token, context.RequestAborted).Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], Patient);
        Take(gateway, "Gemini:IdleTimeoutSeconds=0.2");

        using var response = await ChatAsync(gateway, Model, "\"stream\":true,");

        Assert.Contains("\"error\":{", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        await end.CancelAsync();
    }

    /// <summary>A stream whose upstream is silent has begun, and says so.</summary>
    public static async Task StreamSaysAsync(string settings, int comments)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await go.Task;
            await StubUpstream.EventAsync(context, Answer);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], Patient);
        Take(gateway, settings);
        try
        {
            using var response = await StreamAsync(gateway);
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
            for (var i = 0; i < comments; i++)
            {
                Assert.Equal(": keep-alive", await lines.ReadLineAsync(Cancel));
                Assert.Equal("", await lines.ReadLineAsync(Cancel));
            }

            go.SetResult();
            Assert.EndsWith("data: [DONE]\n\n", await lines.ReadToEndAsync(Cancel), StringComparison.Ordinal);
        }
        finally
        {
            go.TrySetResult();
        }
    }

    /// <summary>A failure in the middle is never seen by a client whose stream is held back: the next key does it all.</summary>
    public static async Task HoldsBackAsync()
    {
        await using var upstream = await StubUpstream.StartAsync(async (context, seen) =>
        {
            await StubUpstream.EventAsync(context, $$$"""{"candidates":[{"content":{"parts":[{"text":"by {{{seen.Key[^8..]}}} "}]}}]}""");
            await StubUpstream.EventAsync(context, seen.Key == Key ? Failure : """{"candidates":[{"content":{"parts":[{"text":"done"}]},"finishReason":"STOP"}]}""");
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, OtherKey]);
        Take(gateway, "Streaming:Mode=Buffered");

        for (var i = 0; i < 2; i++)
        {
            using var response = await StreamAsync(gateway);
            var text = await response.Content.ReadAsStringAsync(Cancel);

            Assert.DoesNotContain("one-0000", text, StringComparison.Ordinal);
            Assert.Contains("two-0000", text, StringComparison.Ordinal);
            Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        }
    }

    public static async Task GoesThroughAProxyAsync()
    {
        await using var proxy = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://gemini.invalid"), [Key]);
        Take(gateway, $"Upstream:Proxies={proxy.Address}");

        using var response = await ChatAsync(gateway, Model);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("gemini.invalid", Assert.Single(proxy.Seen).Headers["Host"]);
    }

    public static async Task LetsAPageInAsync()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        gateway.Client.DefaultRequestHeaders.Add("Origin", "https://app.example.org");

        using var before = await ChatAsync(gateway, Model);
        Take(gateway, "Cors:Origins=https://app.example.org");
        using var during = await ChatAsync(gateway, Model);

        Assert.False(before.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Equal("https://app.example.org", Assert.Single(during.Headers.GetValues("Access-Control-Allow-Origin")));
    }

    /// <summary>While one call is under way, another one is turned away; where only calls for one model are limited, one for another model is not.</summary>
    public static async Task TurnsAwayAsync(string settings, bool otherModel)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await StubUpstream.StartAsync(async (context, seen) =>
        {
            await (seen.Body.Contains("hold", StringComparison.Ordinal) ? go.Task : Task.CompletedTask);
            await StubUpstream.JsonAsync(context, 200, Answer);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        Take(gateway, settings);
        var held = ChatAsync(gateway, Model, "\"user\":\"x\",", "hold");
        await Eventually.TrueAsync(() => Task.FromResult(upstream.Seen.Count == 1), Patience, "the first call is under way");
        using var same = await ChatAsync(gateway, Model);
        using var other = await ChatAsync(gateway, "gemini-2.5-pro");
        go.SetResult();
        using var first = await held;

        Assert.Equal((HttpStatusCode.ServiceUnavailable, otherModel ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK), (same.StatusCode, other.StatusCode));
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
    }

    /// <summary>Where calls may wait, one waits for its place and gets it.</summary>
    public static async Task LetsWaitAsync()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await go.Task;
            await StubUpstream.JsonAsync(context, 200, Answer);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("Admission:MaximumCalls", "1"), ("Admission:MaximumWaiting", "0"), ("Admission:LongestWaitMilliseconds", "60000"));
        Take(gateway, "Admission:MaximumWaiting=1");
        var held = ChatAsync(gateway, Model);
        await Eventually.TrueAsync(() => Task.FromResult(upstream.Seen.Count == 1), Patience, "the first call is under way");
        Task<HttpResponseMessage>[] others = [ChatAsync(gateway, Model), ChatAsync(gateway, Model)];
        var refused = await Task.WhenAny(others);
        var waiting = others.Single(other => other != refused);
        Assert.False(waiting.IsCompleted);
        go.SetResult();
        using var first = await held;
        using var second = await waiting;
        using var tooMany = await refused;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, tooMany.StatusCode);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
    }

    public static Dictionary<string, string> Values(string settings) =>
        settings.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(setting => setting.Split('=', 2)).ToDictionary(setting => setting[0], setting => setting[1]);

    public static void Take(GatewayHost gateway, string settings) => Assert.True(gateway.Settings.TryTake(Values(settings), 1), gateway.Settings.Refusal);

    public static Task<HttpResponseMessage> ChatAsync(GatewayHost gateway, string model, string more = "", string text = "q") => gateway.Client.PostAsync("/v1/chat/completions", Body(model, more, text), Cancel);

    public static Task<HttpResponseMessage> StreamAsync(GatewayHost gateway) => gateway.Client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = Body(Model, "\"stream\":true,", "q") }, HttpCompletionOption.ResponseHeadersRead, Cancel);

    private static StringContent Body(string model, string more, string text) =>
        new($$"""{"model":"{{model}}",{{more}}"messages":[{"role":"user","content":"{{text}}"}]}""", Encoding.UTF8, "application/json");
}
