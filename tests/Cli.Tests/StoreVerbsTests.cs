using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class StoreVerbsTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, Verbs.DoneInPart)]
    public async Task Replay_WhatCameOfIt_IsPrintedAndDecidesTheExitCode(int stillParked, int exitCode)
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("POST /stats/dead-letters/replay", _ => $$"""{"messages":2,"facts":3,"stillParked":{{stillParked}}}""");
        using var output = new StringWriter();

        Assert.Equal(exitCode, await StoreVerbs.ReplayAsync(stub.System, output));

        Assert.Equal($"2 messages put back into their queue, 3 parked requests stored, {stillParked} still parked.", output.ToString().Trim());
    }

    [Fact]
    public async Task Rebuild_OfAllViews_WaitsForEachToEnd()
    {
        await using var stub = await StubSystem.StartAsync();
        var looks = 0;
        stub.On("GET /stats/projections", _ => """{"highWater":9,"views":{"b":9,"a":9},"lagSeconds":0}""");
        stub.On("POST /stats/projections/a/rebuild", _ => State("a", "Running"));
        stub.On("POST /stats/projections/b/rebuild", _ => State("b", "Running"));
        stub.On("GET /stats/projections/rebuilds", _ => $"[{State("a", looks++ == 0 ? "Running" : "Succeeded")},{State("b", "Succeeded")}]");
        using var output = new StringWriter();

        Assert.Equal(0, await StoreVerbs.RebuildAsync(stub.System, null, output));

        Assert.Equal(["a is made anew from 9 events.", "b is made anew from 9 events."], output.ToString().Trim().Split(Environment.NewLine));
        Assert.Equal(3, looks);
    }

    [Fact]
    public async Task Rebuild_ThatFails_SaysWhy()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("POST /stats/projections/a/rebuild", _ => State("a", "Running"));
        stub.On("GET /stats/projections/rebuilds", _ => """[{"name":"a","state":"Failed","position":0,"target":9,"startedAt":"2026-01-01T00:00:00Z","fault":"The store holds events of type x."}]""");

        var refusal = await Assert.ThrowsAsync<CliException>(() => StoreVerbs.RebuildAsync(stub.System, "a", TextWriter.Null));

        Assert.Equal("a is as it was: The store holds events of type x.", refusal.Message);
    }

    [Fact]
    public async Task Usage_OfAnAccessKeyNobodyKnowsOrTwoHave_SaysSo()
    {
        await using var stub = await StubSystem.StartAsync();
        stub.On("GET /access-keys", _ => $"[{Key(1)},{Key(2)}]");

        var unknown = await Assert.ThrowsAsync<CliException>(() => UsageVerb.RunAsync(stub.System, UsageRequest.Read(["--access-key", "nobody"]), TextWriter.Null));
        var ambiguous = await Assert.ThrowsAsync<CliException>(() => UsageVerb.RunAsync(stub.System, UsageRequest.Read(["--access-key", "ci"]), TextWriter.Null));

        Assert.Contains("No access key is called nobody", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("2 access keys are called ci", ambiguous.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UsageRequest_TimesWithAndWithoutAZone_AreUtc()
    {
        var request = UsageRequest.Read(["--from", "2026-01-31T10:15:00+02:00", "--to", "2026-02-01", "--model", "m", "--json"]);

        Assert.Equal(new DateTimeOffset(2026, 1, 31, 8, 15, 0, TimeSpan.Zero), request.From);
        Assert.Equal(new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), request.To);
        Assert.Equal(("m", true), (request.Model, request.Json));
    }

    private static string State(string name, string state) => $$"""{"name":"{{name}}","state":"{{state}}","position":9,"target":9,"startedAt":"2026-01-01T00:00:00Z"}""";

    private static string Key(int n) => $$"""{"id":"0198c0de-0000-7000-8000-00000000000{{n}}","name":"ci","prefix":"sk-gb-{{n}}","enabled":true,"createdAt":"2026-01-01T00:00:00Z","version":1}""";
}
