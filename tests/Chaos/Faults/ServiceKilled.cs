using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>A service behind the gateways dies again and again, at times also before it is well.</summary>
/// <param name="resource">Which.</param>
/// <param name="times">How often.</param>
internal sealed class ServiceKilled(string resource, int times) : IFault
{
    public string Name => resource + "-killed";

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        for (var i = 0; i < times; i++)
        {
            await gateway.RestartAsync(resource).ConfigureAwait(false);
            await Task.Delay(random.Next(500, 4000)).ConfigureAwait(false);
        }

        await gateway.HealthyAsync(resource).ConfigureAwait(false);
    }
}
