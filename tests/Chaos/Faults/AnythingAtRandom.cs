using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>Any process dies at any time, several at once.</summary>
/// <param name="times">How many die.</param>
internal sealed class AnythingAtRandom(int times) : IFault
{
    private static readonly string[] Victims =
    [
        RunningGateway.Proxy, RunningGateway.Proxy, RunningGateway.Stats, RunningGateway.KeyHealth, RunningGateway.Messaging, RunningGateway.Postgres, RunningGateway.Redis,
    ];

    public string Name => "anything-at-random";

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        var down = new List<Task>();
        var busy = new HashSet<(string, int)>();
        for (var i = 0; i < times; i++)
        {
            var resource = Victims[random.Next(Victims.Length)];
            var index = random.Next(gateway.Replicas(resource).Count);
            var pause = random.Next(4000);
            if (busy.Add((resource, index)))
            {
                down.Add(gateway.RestartAsync(resource, index, meanwhile: () => Task.Delay(pause)));
            }

            await Task.Delay(random.Next(2000)).ConfigureAwait(false);
            if (busy.Count >= 3)
            {
                await Task.WhenAll(down).ConfigureAwait(false);
                down.Clear();
                busy.Clear();
            }
        }

        await Task.WhenAll(down).ConfigureAwait(false);
        foreach (var resource in Victims.Distinct())
        {
            await gateway.HealthyAsync(resource).ConfigureAwait(false);
        }
    }
}
