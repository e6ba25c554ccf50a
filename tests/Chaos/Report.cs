using System.Globalization;
using System.Text;
using GeminiBalance.Chaos.Load;
using GeminiBalance.Chaos.Verdicts;

namespace GeminiBalance.Chaos;

/// <summary>The report at the end: a table as <c>tests/Bench/RESULTS.md</c> has them.</summary>
internal static class Report
{
    /// <summary>Writes it.</summary>
    public static string Of(IReadOnlyList<RoundResult> results, TimeSpan took, int seed)
    {
        var text = new StringBuilder("\n| fault | rounds | requests | answered whole | cut or refused | stored | tokens stored | lost | doubled | tokens wrong | settled, longest s |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        foreach (var fault in results.GroupBy(result => result.Faults).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            Row(text, fault.Key, [.. fault]);
        }

        Row(text, "all", results);
        var broken = results.Sum(result => result.Findings.Count);
        var verdict = broken == 0 ? "Every promise was kept." : $"{broken} promises were broken.";
        return text.Append(CultureInfo.InvariantCulture, $"\n{verdict} Seed {seed}, {took.TotalMinutes:0.0} minutes.").ToString();
    }

    private static void Row(StringBuilder text, string name, IReadOnlyList<RoundResult> results)
    {
        int Count(params Breach[] kinds) => results.Sum(result => result.Findings.Count(finding => kinds.Contains(finding.Kind)));
        var clients = results.SelectMany(result => result.Evidence.Clients).ToArray();
        var whole = clients.Count(entry => entry.Outcome == ClientOutcome.Complete);
        var longest = results.Count == 0 ? 0 : results.Max(result => result.Settled.TotalSeconds);
        text.Append(CultureInfo.InvariantCulture, $"| {name} | {results.Count} | {clients.Length} | {whole} | {clients.Length - whole} | {results.Sum(result => result.Evidence.Facts.Count)} | {results.Sum(result => result.Evidence.Facts.Sum(fact => fact.Tokens?.Total ?? 0))} | {Count(Breach.Lost)} | {Count(Breach.Doubled, Breach.Invented)} | {Count(Breach.Tokens, Breach.Understated, Breach.Mistold, Breach.Views)} | {longest:0.0} |\n");
    }
}
