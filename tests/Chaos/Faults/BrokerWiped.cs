using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>The broker dies and comes back without anything it had taken.</summary>
internal sealed class BrokerWiped : IFault
{
    public string Name => "broker-wiped";

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        await gateway.RestartAsync(RunningGateway.Messaging, meanwhile: async () =>
        {
            Directory.Delete(Path.Combine(gateway.FolderOf(RunningGateway.Messaging), "data"), recursive: true);
            await Task.Delay(random.Next(1000, 3000)).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await gateway.HealthyAsync(RunningGateway.Messaging).ConfigureAwait(false);
    }
}
