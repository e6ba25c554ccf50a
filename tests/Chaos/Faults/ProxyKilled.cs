using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>Gateways die, one after the other, over their requests.</summary>
/// <param name="times">How often.</param>
internal sealed class ProxyKilled(int times) : IFault
{
    public string Name => "proxy-killed";

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        for (var i = 0; i < times; i++)
        {
            await gateway.RestartAsync(RunningGateway.Proxy, random.Next(2)).ConfigureAwait(false);
            await gateway.HealthyAsync(RunningGateway.Proxy).ConfigureAwait(false);
            await Task.Delay(random.Next(500, 2000)).ConfigureAwait(false);
        }
    }
}
