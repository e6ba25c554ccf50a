using GeminiBalance.Chaos.Load;
using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>The gateways cannot write to their journals' disk for a while: what they know stays in memory until that is full too, and is written when there is room again.</summary>
/// <param name="seconds">For how long.</param>
internal sealed class JournalFull(int seconds) : IFault
{
    public string Name => "journal-full";

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        // Somewhere in a record of a fresh segment: each try to go on tears one more.
        FileLimits.Set(gateway.ProcessesOf(RunningGateway.Proxy), (ulong)random.Next(2000));
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
        }
        finally
        {
            FileLimits.Set(gateway.ProcessesOf(RunningGateway.Proxy), null);
        }

        await gateway.HealthyAsync(RunningGateway.Proxy).ConfigureAwait(false);
    }

    public string? Unnoticed(IReadOnlyCollection<ClientEntry> clients) =>
        clients.Any(client => client is { Status: 503, Code: "cannot_record" }) ? null : "no client was refused for want of room to write its request down";
}
