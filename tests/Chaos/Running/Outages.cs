namespace GeminiBalance.Chaos.Running;

/// <summary>Ways of hurting a running gateway.</summary>
internal static class Outages
{
    /// <summary>Ends a process at once and has it started again.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="resource">Whose process.</param>
    /// <param name="index">Which replica.</param>
    /// <param name="signal">By which signal.</param>
    /// <param name="meanwhile">What happens while it is down; null for nothing.</param>
    public static async Task RestartAsync(this RunningGateway gateway, string resource, int index = 0, Signal signal = Signal.Kill, Func<Task>? meanwhile = null)
    {
        var replica = gateway.Replicas(resource)[index];
        await ResourceRunner.TakeDownAsync(replica, signal).WaitAsync(TimeSpan.FromSeconds(120)).ConfigureAwait(false);
        try
        {
            if (meanwhile is not null)
            {
                await meanwhile().ConfigureAwait(false);
            }
        }
        finally
        {
            ResourceRunner.Release(replica);
        }
    }
}
