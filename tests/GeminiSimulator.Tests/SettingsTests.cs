using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests;

public sealed class SettingsTests(SharedSimulator shared) : SimulatorTest(shared)
{
    [Theory]
    [InlineData("LedgerCapacity", "0")]
    [InlineData("LatencyMs", "-1")]
    [InlineData("Keys", "-1")]
    [InlineData("Recordings", "no-such-folder")]
    [InlineData("Seed", "abc")]
    public async Task Start_SettingThatCannotBeUsed_IsRefusedByName(string name, string value)
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => GeminiSimulatorHost.StartAsync($"--Simulator:{name}={value}"));

        Assert.Contains("Simulator:" + name, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clock_AbsurdShift_IsRefused()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Control.ShiftClockAsync(TimeSpan.MaxValue));
        Assert.Equal(0, (await Control.ClockAsync()).ShiftSeconds);
    }
}
