using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>The gateways are restarted one after the other, as an upgrade does.</summary>
/// <param name="times">How often all of them.</param>
internal sealed class ProxyRolled(int times) : IFault
{
    public string Name => "proxy-rolled";

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        for (var i = 0; i < times * 2; i++)
        {
            await gateway.RestartAsync(RunningGateway.Proxy, i % 2, Signal.Terminate).ConfigureAwait(false);
            await gateway.HealthyAsync(RunningGateway.Proxy).ConfigureAwait(false);
        }
    }
}
