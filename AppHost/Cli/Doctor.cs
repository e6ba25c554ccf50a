namespace GeminiBalance.Cli;

/// <summary>What this machine has, and one remedy for each thing it lacks.</summary>
internal static class Doctor
{
    /// <returns>1 when something is missing that the gateway needs.</returns>
    public static async Task<int> RunAsync(string folder, TextWriter output)
    {
        Finding[] findings =
        [
            MachineChecks.Sdk(),
            MachineChecks.Postgres(),
            MachineChecks.Redis(),
            MachineChecks.RabbitMq(),
            MachineChecks.Node(),
            .. RunningSystem.TryOn(folder) is null ? MachineChecks.Ports() : [],
            MachineChecks.Disk(folder),
            MachineChecks.DataFolder(folder),
            MachineChecks.Proxies(Environment.GetEnvironmentVariable),
            .. await UpstreamChecks.RunAsync(Environment.GetEnvironmentVariable, TimeProvider.System).ConfigureAwait(false),
        ];
        return Report(findings, output);
    }

    internal static int Report(IReadOnlyList<Finding> findings, TextWriter output)
    {
        foreach (var finding in findings)
        {
            output.WriteLine($"{(finding.Remedy is null ? "ok" : finding.Needed ? "problem" : "note"),-8} {finding.Text}");
            if (finding.Remedy is { } remedy)
            {
                output.WriteLine($"{"",-8} -> {remedy}");
            }
        }

        return findings.Any(finding => finding is { Needed: true, Remedy: not null }) ? 1 : 0;
    }
}

/// <summary>One thing looked at.</summary>
/// <param name="Text">What was found.</param>
/// <param name="Remedy">What to do about it; null when it is well.</param>
/// <param name="Needed">Whether the gateway cannot run without it.</param>
internal sealed record Finding(string Text, string? Remedy = null, bool Needed = true);
