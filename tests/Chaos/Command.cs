using System.Diagnostics;
using System.Globalization;
using GeminiBalance.Chaos.Faults;
using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos;

/// <summary><c>./gb chaos</c>: every fault in an order drawn from the seed, again and again until the time is over, then a report.</summary>
internal static class Command
{
    private const int MostMinutes = 24 * 60;
    private const int MostShown = 20;

    /// <summary>Runs it.</summary>
    /// <param name="args">The options.</param>
    /// <param name="output">Where the report goes.</param>
    /// <param name="errors">Where complaints go.</param>
    /// <returns>0 when every promise was kept, 1 when one was broken, 2 when an option is wrong.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        if (ChaosOptions.Read(args, out var problem) is not { } options)
        {
            await errors.WriteLineAsync(problem).ConfigureAwait(false);
            return 2;
        }

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Seed {options.Seed}; {(options.Minutes is { } asked ? $"at least {asked} minutes" : "every fault once")}.")).ConfigureAwait(false);
        var results = new List<RoundResult>();
        var watch = Stopwatch.StartNew();
        var limit = options.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : TimeSpan.MaxValue;
        var end = 0;
        try
        {
            var gateway = await RunningGateway.StartAsync().ConfigureAwait(false);
            await using (gateway.ConfigureAwait(false))
            {
                Console.CancelKeyPress += (_, pressed) =>
                {
                    // Nothing is left behind, neither processes nor data.
                    pressed.Cancel = true;
                    _ = Task.Run(async () =>
                    {
                        await gateway.DisposeAsync().ConfigureAwait(false);
                        Environment.Exit(130);
                    });
                };
                await StrikeAsync(new Rounds(gateway, options.Seed), options, limit - watch.Elapsed, results, output).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException or OperationCanceledException or HttpRequestException or DistributedApplicationException or IOException)
        {
            await errors.WriteLineAsync($"The run ended early: {e.Message}").ConfigureAwait(false);
            end = 1;
        }

        await output.WriteLineAsync(Report.Of(results, watch.Elapsed, options.Seed)).ConfigureAwait(false);
        return results.Any(result => result.Findings.Count > 0) ? 1 : end;
    }

    private static async Task StrikeAsync(Rounds rounds, ChaosOptions options, TimeSpan time, List<RoundResult> results, TextWriter output)
    {
        var watch = Stopwatch.StartNew();
        var random = new Random(options.Seed);
        do
        {
            var faults = options.Faults.ToArray();
            random.Shuffle(faults);
            foreach (var fault in faults)
            {
                var result = await rounds.RunAsync(fault).ConfigureAwait(false);
                results.Add(result);
                await output.WriteLineAsync(result.ToString()).ConfigureAwait(false);
                foreach (var finding in result.Findings.Take(MostShown))
                {
                    await output.WriteLineAsync($"  {finding.Kind} {finding.Tag}: {finding.Detail}").ConfigureAwait(false);
                }

                if (watch.Elapsed >= time)
                {
                    return;
                }
            }
        }
        while (options.Minutes is not null);
    }

    /// <summary>The options.</summary>
    /// <param name="Minutes">How long at least; null for every fault once.</param>
    /// <param name="Seed">What everything is drawn from.</param>
    /// <param name="Faults">Which faults.</param>
    internal sealed record ChaosOptions(int? Minutes, int Seed, IReadOnlyList<IFault> Faults)
    {
        public static ChaosOptions? Read(string[] args, out string? problem)
        {
            var options = new ChaosOptions(null, Random.Shared.Next(1, 1_000_000), FaultBook.All);
            var named = new List<IFault>();
            problem = null;
            for (var i = 0; i < args.Length && problem is null; i += 2)
            {
                var value = i + 1 < args.Length ? args[i + 1] : "";
                switch (args[i])
                {
                    case "--minutes" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var minutes) && minutes is >= 1 and <= MostMinutes:
                        options = options with { Minutes = minutes };
                        break;
                    case "--seed" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed):
                        options = options with { Seed = seed };
                        break;
                    case "--fault" when FaultBook.All.FirstOrDefault(fault => fault.Name == value) is { } fault:
                        named.Add(fault);
                        break;
                    case "--minutes":
                        problem = $"--minutes is '{value}', but it must be a number from 1 to {MostMinutes}.";
                        break;
                    case "--seed":
                        problem = $"--seed is '{value}', but it must be a number from 0 to {int.MaxValue}.";
                        break;
                    case "--fault":
                        problem = $"--fault is '{value}', but it must be one of {string.Join(", ", FaultBook.All.Select(fault => fault.Name))}.";
                        break;
                    default:
                        problem = $"chaos does not know {args[i]}; it takes --minutes, --seed and --fault.";
                        break;
                }
            }

            return problem is not null ? null : named.Count > 0 ? options with { Faults = named } : options;
        }
    }
}
