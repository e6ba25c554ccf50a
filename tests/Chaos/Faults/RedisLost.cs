using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>Redis dies and comes back empty.</summary>
/// <param name="times">How often.</param>
internal sealed class RedisLost(int times) : IFault
{
    public string Name => "redis-lost";

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        for (var i = 0; i < times; i++)
        {
            await gateway.RestartAsync(RunningGateway.Redis, meanwhile: async () =>
            {
                foreach (var file in Directory.GetFiles(Path.Combine(gateway.FolderOf(RunningGateway.Redis), "data")))
                {
                    File.Delete(file);
                }

                await Task.Delay(random.Next(500, 4000)).ConfigureAwait(false);
            }).ConfigureAwait(false);
            await gateway.HealthyAsync(RunningGateway.Redis).ConfigureAwait(false);
        }
    }
}
