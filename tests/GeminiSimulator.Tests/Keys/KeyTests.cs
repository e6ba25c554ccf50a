using System.Net;
using GeminiBalance.GeminiSimulator.Keys;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Keys;

public sealed class KeyTests(SharedSimulator shared) : SimulatorTest(shared)
{
    [Fact]
    public async Task SeedKeys_Text_AreTheKeysItKnowsInBothFormatsOverFourProjects()
    {
        var lines = (await Control.SeedKeysAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',')).ToList();
        var known = (await Control.KeysAsync()).ToDictionary(key => key.Value);

        Assert.Equal(24, lines.Count);
        Assert.All(lines, line => Assert.Equal((line[1], line[2]), (known[line[0]].Label, known[line[0]].Project)));
        Assert.All(lines, line => Assert.True(line[0].StartsWith("AQ.", StringComparison.Ordinal) || (line[0].StartsWith("AIza", StringComparison.Ordinal) && line[0].Length == 39)));
        Assert.Contains(lines, line => line[0].StartsWith("AQ.", StringComparison.Ordinal));
        Assert.Equal(["alpha", "beta", "delta", "gamma"], known.Values.Where(key => key.Behaviour is null).Select(key => key.Project).Distinct().Order());
        Assert.Equal(16, known.Values.Count(key => key.Behaviour is null));
        Assert.Equal(["flaky", "key-invalid", "quota-day", "suspended"], known.Values.Select(key => key.Behaviour).OfType<string>().Distinct().Order());
    }

    [Fact]
    public async Task SeedKeys_SameSeed_AreTheSameAndOtherSeedsDiffer()
    {
        await using var other = await TestKit.GeminiSimulatorHost.StartAsync("--Simulator:Seed=7");

        Assert.StartsWith(await Control.SeedKeysAsync(10), await Control.SeedKeysAsync(30), StringComparison.Ordinal);
        Assert.NotEqual(await Control.SeedKeysAsync(10), await other.Control.SeedKeysAsync(10));
    }

    [Fact]
    public async Task Keys_AddedAndRemoved_WorkAndStopWorking()
    {
        var key = new SimulatedKey("AQ.mine", "mine", "mine", null);
        Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync("/v1beta/models", key.Value)).Status);
        await Control.PutKeyAsync(key);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/v1beta/models", key.Value)).Status);
        Assert.Contains(await Control.ProjectsAsync(), project => project is { Project: "mine", Keys: 1 });
        await Control.RemoveKeyAsync(key);
        Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync("/v1beta/models", key.Value)).Status);
    }

    [Fact]
    public async Task Reset_WithKeys_BringsTheSeededOnesBack()
    {
        var before = await Control.KeysAsync();
        await Control.RemoveKeyAsync(Key);
        await Control.PutKeyAsync(new SimulatedKey("AQ.mine", "mine", "mine", null));
        await Control.ResetAsync();
        Assert.NotEqual(before, await Control.KeysAsync());
        await Control.ResetAsync(withKeys: true);

        Assert.Equal(before, await Control.KeysAsync());
    }

    [Theory]
    [InlineData("", "p", null)]
    [InlineData("k", "", null)]
    [InlineData("k", "p", "dance")]
    public async Task Put_BadKey_IsRefused(string value, string project, string? behaviour)
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Control.PutKeyAsync(new SimulatedKey(value, "x", project, behaviour)));
    }
}
