using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>The database cannot write to its disk for a while, nor come back as long as it cannot.</summary>
/// <param name="seconds">For how long.</param>
internal sealed class DatabaseFull(int seconds) : IFault
{
    private const ulong Most = 64 * 1024;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    public string Name => "database-full";

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        // New processes of a server that starts anew would be free of the limit: the disk is full for them too.
        for (var waited = TimeSpan.Zero; waited < TimeSpan.FromSeconds(seconds); waited += Step)
        {
            FileLimits.Set(gateway.ProcessesOf(RunningGateway.Postgres), Most);
            await Task.Delay(Step).ConfigureAwait(false);
        }

        FileLimits.Set(gateway.ProcessesOf(RunningGateway.Postgres), null);
        await gateway.RestartAsync(RunningGateway.Postgres, signal: Signal.Quit).ConfigureAwait(false);
        await gateway.HealthyAsync(RunningGateway.Postgres).ConfigureAwait(false);
    }
}
