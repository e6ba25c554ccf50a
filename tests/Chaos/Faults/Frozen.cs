using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>Something stands still without letting go of its connections, which looks like slowness to all who use it.</summary>
/// <param name="resource">Which.</param>
/// <param name="seconds">For how long.</param>
internal sealed class Frozen(string resource, int seconds) : IFault
{
    public string Name => resource + (seconds < 60 ? "-frozen" : "-frozen-long");

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        await gateway.FreezeAsync(resource, TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
        await gateway.HealthyAsync(resource).ConfigureAwait(false);
    }
}
