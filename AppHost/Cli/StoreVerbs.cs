using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary>The verbs of <c>./gb</c> that look after what StatsService stores.</summary>
internal static class StoreVerbs
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary><c>./gb replay</c>.</summary>
    public static async Task<int> ReplayAsync(RunningSystem system, TextWriter output)
    {
        using var services = new ServiceCalls(system);
        var done = await services.PostAsync("stats", "/stats/dead-letters/replay", ContractsJson.Default.ReplayResult).ConfigureAwait(false);
        output.WriteLine($"{done.Messages} messages put back into their queue, {done.Facts} parked requests stored, {done.StillParked} still parked.");
        return done.StillParked > 0 ? Verbs.DoneInPart : 0;
    }

    /// <summary><c>./gb rebuild-projections</c>: one after the other, each until it is in its place.</summary>
    /// <param name="system">The system.</param>
    /// <param name="name">One view only; null means all.</param>
    /// <param name="output">Where to say what is done.</param>
    public static async Task<int> RebuildAsync(RunningSystem system, string? name, TextWriter output)
    {
        using var services = new ServiceCalls(system);
        var names = name is not null
            ? [name]
            : (await services.GetAsync("stats", "/stats/projections", ContractsJson.Default.ProjectionStatus).ConfigureAwait(false)).Views.Keys.Order(StringComparer.Ordinal).ToArray();
        foreach (var view in names)
        {
            await services.PostAsync("stats", $"/stats/projections/{Uri.EscapeDataString(view)}/rebuild", ContractsJson.Default.RebuildStatus).ConfigureAwait(false);
            var state = await EndedAsync(services, view).ConfigureAwait(false);
            if (state.State == RebuildState.Failed)
            {
                throw new CliException($"{view} is as it was: {state.Fault}");
            }

            output.WriteLine($"{view} is made anew from {state.Position} events.");
        }

        return 0;
    }

    private static async Task<RebuildStatus> EndedAsync(ServiceCalls services, string view)
    {
        while (true)
        {
            var states = await services.GetAsync("stats", "/stats/projections/rebuilds", ContractsJson.Default.RebuildStatusArray).ConfigureAwait(false);
            if (states.FirstOrDefault(state => state.Name == view) is not { } state)
            {
                throw new CliException($"StatsService knows no rebuild of {view} any more; it was restarted, and the view is as it was.");
            }

            if (state.State != RebuildState.Running)
            {
                return state;
            }

            await Task.Delay(Look).ConfigureAwait(false);
        }
    }
}
