using System.Globalization;
using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary><c>./gb keys pools …</c>: what Google projects have left, and their limits.</summary>
internal static class PoolVerbs
{
    private const int Misused = 2;
    private const int PageSize = 200;

    public static Task<int> RunAsync(RunningSystem system, string[] args, TextWriter output) => args switch
    {
        ["list", .. var rest] => ListAsync(system, new CommandOptions("keys pools list", rest, "--json"), output),
        ["limits", "set", .. var rest] => SetAsync(system, new CommandOptions("keys pools limits set", rest, "--rpm=", "--tpm=", "--rpd=", "--json"), output),
        ["limits", "reset", .. var rest] => ForgetAsync(system, new CommandOptions("keys pools limits reset", rest, "--json"), output),
        ["reset", .. var rest] => ResetAsync(system, new CommandOptions("keys pools reset", rest, "--json"), output),
        _ => throw new CliException("keys pools is followed by list, limits set, limits reset or reset; see ./gb help keys.", Misused),
    };

    private static async Task<int> ListAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        options.Words(0, 0);
        using var services = new ServiceCalls(system);
        var pools = new List<PoolView>();
        for (string? after = ""; after is not null;)
        {
            var page = await services.GetAsync("keyhealth", $"/pools?limit={PageSize}&after={Uri.EscapeDataString(after)}", ContractsJson.Default.PoolPage).ConfigureAwait(false);
            pools.AddRange(page.Items);
            after = page.Next;
        }

        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(new PoolPage(pools, null, pools.Count), ContractsJson.Default.PoolPage));
            return 0;
        }

        foreach (var pool in pools)
        {
            Say(pool, output);
        }

        return 0;
    }

    private static Task<int> SetAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var words = options.Words(2, 2);
        var limits = new SetLimits(words[1], Number(options, "--rpm"), Number(options, "--tpm"), Number(options, "--rpd"));
        return limits is { RequestsPerMinute: null, TokensPerMinute: null, RequestsPerDay: null }
            ? throw new CliException("Name at least one limit: --rpm, --tpm or --rpd; 'limits reset' takes them away.", Misused)
            : LimitAsync(system, words[0], limits, options, output);
    }

    private static Task<int> ForgetAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var words = options.Words(2, 2);
        return LimitAsync(system, words[0], new SetLimits(words[1], null, null, null), options, output);
    }

    private static async Task<int> LimitAsync(RunningSystem system, string pool, SetLimits limits, CommandOptions options, TextWriter output)
    {
        using var services = new ServiceCalls(system);
        Print(await services.SendJsonAsync(
            HttpMethod.Put, "keyhealth", $"/pools/limits?pool={Uri.EscapeDataString(pool)}", limits, ContractsJson.Default.SetLimits, ContractsJson.Default.PoolView).ConfigureAwait(false), options, output);
        return 0;
    }

    private static async Task<int> ResetAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var words = options.Words(1, 2);
        using var services = new ServiceCalls(system);
        Print(await services.SendJsonAsync(
            HttpMethod.Post,
            "keyhealth",
            $"/pools/reset?pool={Uri.EscapeDataString(words[0])}",
            new ResetQuota(words.Count == 2 ? words[1] : null),
            ContractsJson.Default.ResetQuota,
            ContractsJson.Default.PoolView).ConfigureAwait(false), options, output);
        return 0;
    }

    private static void Print(PoolView pool, CommandOptions options, TextWriter output)
    {
        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(pool, ContractsJson.Default.PoolView));
        }
        else
        {
            Say(pool, output);
        }
    }

    private static void Say(PoolView pool, TextWriter output)
    {
        output.WriteLine($"{pool.Pool}  {KeyVerbs.Count(pool.Keys, "key")}{(pool.Tier is null ? "" : $"  {pool.Tier}")}{(pool.Number is null ? "" : $"  {pool.Number}")}");
        foreach (var model in pool.Models)
        {
            foreach (var metric in model.Metrics)
            {
                var limit = metric.Limit is { } most ? $"of {most.ToString(CultureInfo.InvariantCulture)}{(metric.SetByOperator ? " (set)" : " (learned)")}" : "";
                output.WriteLine($"  {model.Model,-32} {metric.Metric,-18} {metric.Used,10} {limit}".TrimEnd());
            }

            foreach (var state in model.States)
            {
                output.WriteLine($"  {model.Model,-32} {state.Metric?.ToString() ?? "",-18} {state.Status}{(state.Until is { } until ? $" until {until.ToLocalTime():yyyy-MM-dd HH:mm:ss}" : "")}");
            }
        }
    }

    private static long? Number(CommandOptions options, string name) => options.Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw new CliException($"{name} is '{text}', but it must be a whole number above 0.", Misused);
}
