using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>Everything is down at once. The services start while nothing they need is there, then the servers come back in any order.</summary>
internal sealed class EverythingDown : IFault
{
    private static readonly string[] Servers = [RunningGateway.Postgres, RunningGateway.Redis, RunningGateway.Messaging];
    private static readonly string[] Services = [RunningGateway.Proxy, RunningGateway.KeyHealth, RunningGateway.Stats];

    public string Name => "everything-down";

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        var servers = Servers.SelectMany(gateway.Replicas).ToArray();
        var services = Services.SelectMany(gateway.Replicas).ToArray();
        random.Shuffle(servers);
        random.Shuffle(services);
        try
        {
            await Task.WhenAll(servers.Concat(services).Select(replica => ResourceRunner.TakeDownAsync(replica, Signal.Kill))).WaitAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(false);
            await ReleaseAsync(services, random).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
            await ReleaseAsync(servers, random).ConfigureAwait(false);
        }
        finally
        {
            Array.ForEach(services, ResourceRunner.Release);
            Array.ForEach(servers, ResourceRunner.Release);
        }

        foreach (var resource in Servers.Concat(Services))
        {
            await gateway.HealthyAsync(resource).ConfigureAwait(false);
        }
    }

    private static async Task ReleaseAsync(Replica[] replicas, Random random)
    {
        foreach (var replica in replicas)
        {
            ResourceRunner.Release(replica);
            await Task.Delay(random.Next(1500)).ConfigureAwait(false);
        }
    }
}
