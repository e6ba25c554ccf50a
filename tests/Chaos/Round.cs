using System.Globalization;
using GeminiBalance.Chaos.Faults;
using GeminiBalance.Chaos.Load;
using GeminiBalance.Chaos.Running;
using GeminiBalance.Chaos.Verdicts;

namespace GeminiBalance.Chaos;

/// <summary>What came out of a round.</summary>
/// <param name="Faults">What went wrong.</param>
/// <param name="Evidence">The ledgers.</param>
/// <param name="Findings">The promises that were broken.</param>
/// <param name="Settled">How long after the end of the load all ledgers agreed.</param>
internal sealed record RoundResult(string Faults, Evidence Evidence, IReadOnlyList<Finding> Findings, TimeSpan Settled)
{
    /// <summary>One line about it.</summary>
    public override string ToString()
    {
        var outcomes = string.Join(", ", Evidence.Clients.GroupBy(entry => entry.Outcome).OrderBy(group => group.Key).Select(group => $"{group.Count()} {group.Key}"));
        var facts = string.Join(", ", Evidence.Facts.GroupBy(fact => fact.Recovered ? "Recovered" : fact.Outcome.ToString()).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Count()} {group.Key}"));
        var verdict = Findings.Count == 0 ? "nothing lost, nothing doubled, tokens equal" : string.Join(", ", Findings.GroupBy(finding => finding.Kind).Select(group => $"{group.Count()} {group.Key}"));
        return string.Create(CultureInfo.InvariantCulture, $"{Faults}: {Evidence.Clients.Count} requests ({outcomes}); {Evidence.Calls.Count} upstream calls; {Evidence.Facts.Count} stored ({facts}), {Evidence.Facts.Sum(fact => fact.Tokens?.Total ?? 0)} tokens; settled after {Settled.TotalSeconds:0.0} s: {verdict}");
    }
}

/// <summary>A round: clients ask, faults strike, everything settles, the ledgers are compared.</summary>
/// <param name="gateway">The gateway.</param>
/// <param name="seed">What requests and times are drawn from.</param>
internal sealed class Rounds(RunningGateway gateway, int seed)
{
    private const int Clients = 8;
    private static readonly TimeSpan Around = TimeSpan.FromSeconds(2);

    private readonly Investigator investigator = new(gateway);
    private int number;

    /// <summary>Runs one.</summary>
    /// <param name="faults">What goes wrong, one after the other.</param>
    public async Task<RoundResult> RunAsync(params IReadOnlyList<IFault> faults)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"s{seed}r{++number}");
        var random = new Random(unchecked((seed * 31) + number));
        await investigator.BeginAsync().ConfigureAwait(false);
        await using var load = new LoadDriver(gateway.Address, gateway.AccessKey, seed + number, name, Clients);
        await Task.Delay(Around).ConfigureAwait(false);
        foreach (var fault in faults)
        {
            await fault.StrikeAsync(gateway, random).ConfigureAwait(false);
            await Task.Delay(Around).ConfigureAwait(false);
        }

        var (evidence, settled) = await investigator.ReadAsync(await load.StopAsync().ConfigureAwait(false)).ConfigureAwait(false);
        var unnoticed = faults.Select(fault => (fault.Name, What: fault.Unnoticed(evidence.Clients))).Where(fault => fault.What is not null);
        Finding[] findings = [.. Verdict.Of(evidence), .. unnoticed.Select(fault => new Finding(Breach.Unnoticed, "", $"{fault.Name}: {fault.What}"))];
        return new RoundResult(string.Join(" + ", faults.Select(fault => fault.Name)), evidence, findings, settled);
    }
}
