using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using GeminiBalance.Chaos.Load;
using GeminiBalance.Chaos.Running;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;

namespace GeminiBalance.Chaos.Verdicts;

/// <summary>Waits until everything has arrived where it belongs, and reads the ledgers.</summary>
/// <param name="gateway">The gateway.</param>
internal sealed class Investigator(RunningGateway gateway)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    private long lastCall;
    private UsageGain before;
    private DateTimeOffset began = TimeProvider.System.GetUtcNow();

    /// <summary>Begins a round: what is counted from here on belongs to it.</summary>
    public async Task BeginAsync()
    {
        before = (await Eventually.ValueAsync(() => AskAsync(QuietAsync), Patience, "nothing under way before the round").ConfigureAwait(false)).Gain;
        lastCall = (await gateway.Simulator.SummaryAsync().ConfigureAwait(false)).Calls;
        began = TimeProvider.System.GetUtcNow();
    }

    /// <summary>Reads the ledgers once nothing is under way any more; what has not arrived by the end of patience is missing.</summary>
    /// <param name="clients">What the clients saw.</param>
    /// <returns>The ledgers, and how long it took until all agreed.</returns>
    public async Task<(Evidence Evidence, TimeSpan Settled)> ReadAsync(IReadOnlyCollection<ClientEntry> clients)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var late = watch.Elapsed > Patience;
            if (await AskAsync(() => TryReadAsync(clients)).ConfigureAwait(false) is { } read && (read.Quiet || late))
            {
                // What does not agree yet may be on its way: a segment that the broker has lost is sent again after a while.
                if (late || Verdict.Of(read.Evidence).Count == 0)
                {
                    return (read.Evidence, watch.Elapsed);
                }
            }
            else if (watch.Elapsed > Patience * 2)
            {
                throw new TimeoutException("The gateway's ledgers could not be read after the fault.");
            }

            await Task.Delay(Step).ConfigureAwait(false);
        }
    }

    private async Task<Reading?> TryReadAsync(IReadOnlyCollection<ClientEntry> clients)
    {
        var summary = await gateway.Simulator.SummaryAsync().ConfigureAwait(false);
        var unsent = await gateway.UnsentAsync().ConfigureAwait(false);
        var usage = await UsageAsync().ConfigureAwait(false);
        var reconciliation = (await gateway.StatsService.GetFromJsonAsync("/stats/reconciliation", ContractsJson.Default.Reconciliation).ConfigureAwait(false))!;
        var calls = (await gateway.Simulator.LedgerAsync(lastCall).ConfigureAwait(false)).Where(call => call.Method.EndsWith("enerateContent", StringComparison.Ordinal)).ToArray();
        var evidence = new Evidence(clients, calls, await FactsAsync().ConfigureAwait(false), usage - before, reconciliation.Mismatch);
        return new Reading(evidence, unsent == 0 && summary.Open == 0 && reconciliation.Incomplete == 0);
    }

    private async Task<IReadOnlyCollection<RequestFact>> FactsAsync()
    {
        var found = new List<RequestFact>();
        var from = Uri.EscapeDataString(began.ToString("O"));
        var after = "";
        while (true)
        {
            var page = (await gateway.StatsService.GetFromJsonAsync($"/stats/requests?limit=500&from={from}{after}", ContractsJson.Default.RequestPage).ConfigureAwait(false))!;
            // The range is widened to whole quarters of an hour.
            found.AddRange(page.Items.Where(fact => fact.StartedAt >= began));
            if (page.Next is not { } next || page.Items[^1].StartedAt < began)
            {
                return found;
            }

            after = $"&after={next}";
        }
    }

    private async Task<Quiet?> QuietAsync()
    {
        var first = await UsageAsync().ConfigureAwait(false);
        return await gateway.UnsentAsync().ConfigureAwait(false) == 0
            && (await gateway.Simulator.SummaryAsync().ConfigureAwait(false)).Open == 0
            && await UsageAsync().ConfigureAwait(false) == first ? new Quiet(first) : null;
    }

    private async Task<UsageGain> UsageAsync()
    {
        var from = Uri.EscapeDataString((TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(12)).ToString("O"));
        var usage = (await gateway.StatsService.GetFromJsonAsync($"/stats/usage?groupBy=model&from={from}", ContractsJson.Default.Usage).ConfigureAwait(false))!;
        return new UsageGain(usage.Total.Requests, usage.Total.TotalTokens);
    }

    /// <summary>Services may still be coming back.</summary>
    private static async Task<T?> AskAsync<T>(Func<Task<T?>> ask)
        where T : class
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or IOException)
        {
            return null;
        }
    }

    private sealed record Quiet(UsageGain Gain);

    private sealed record Reading(Evidence Evidence, bool Quiet);
}
