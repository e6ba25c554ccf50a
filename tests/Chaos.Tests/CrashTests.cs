using GeminiBalance.Chaos.Faults;
using GeminiBalance.Chaos.Load;
using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Tests;

/// <summary>Whatever dies, the three ledgers agree.</summary>
public sealed class CrashTests(GatewayFixture fixture)
{
    public static TheoryData<string> Faults => [.. FaultBook.All.Select(fault => fault.Name)];

    [Fact]
    public async Task WhateverDies_EveryRequestIsCountedOnce()
    {
        var rounds = await fixture.RoundsAsync();

        Check(await rounds.RunAsync(new ProxyKilled(2), new BrokerWiped(), new ServiceKilled(RunningGateway.Stats, 2)));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    [Trait("Suite", "Full")]
    public async Task Fault_LeavesTheLedgersEqual(string name)
    {
        var rounds = await fixture.RoundsAsync();

        Check(await rounds.RunAsync(FaultBook.All.Single(fault => fault.Name == name)));
    }

    private static void Check(RoundResult result)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(result.ToString());
        Assert.Empty(result.Findings);

        // A round in which hardly anything was answered would prove nothing.
        Assert.True(result.Evidence.Clients.Count(entry => entry.Outcome == ClientOutcome.Complete) >= 50, result.ToString());
    }
}
