using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary>The verbs of <c>./gb</c> that look after what StatsService stores.</summary>
internal static class StoreVerbs
{
    /// <summary><c>./gb replay</c>.</summary>
    public static async Task<int> ReplayAsync(RunningSystem system, TextWriter output)
    {
        using var services = new ServiceCalls(system);
        var done = await services.PostAsync("stats", "/stats/dead-letters/replay", ContractsJson.Default.ReplayResult).ConfigureAwait(false);
        output.WriteLine($"{done.Messages} messages put back into their queue, {done.Facts} parked requests stored, {done.StillParked} still parked.");
        return done.StillParked > 0 ? Verbs.SomeRejected : 0;
    }
}
