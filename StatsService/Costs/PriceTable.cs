using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Views;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.StatsService.Costs;

/// <summary>Prices by model and time, in the form a query can join: costs are worked out when asked for, so a corrected price corrects the past too.</summary>
internal sealed class PriceTable
{
    /// <summary>How many parameters <see cref="AddTo"/> adds.</summary>
    public const int ParameterCount = 9;

    /// <summary>The longest prompt that is priced as a short one.</summary>
    public const long LongPromptTokens = 200_000;

    private static readonly DateTimeOffset Ever = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly DateTimeOffset Never = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<string> models = [];
    private readonly List<DateTimeOffset> from = [];
    private readonly List<DateTimeOffset> to = [];
    private readonly List<bool> longPrompt = [];
    private readonly List<double> input = [];
    private readonly List<double> output = [];
    private readonly List<double> cached = [];
    private readonly List<double> inputAudio = [];
    private readonly List<double> outputAudio = [];

    public PriceTable(IEnumerable<ModelPrice> prices)
    {
        foreach (var price in prices)
        {
            foreach (var period in price.Periods)
            {
                Add(price.Model, period, false, period.Rates);
                Add(price.Model, period, true, period.LongPrompt ?? period.Rates);
            }
        }
    }

    /// <summary>The prices that come with the product.</summary>
    public static IReadOnlyList<ModelPrice> Shipped { get; } = ReadShipped();

    /// <summary>What is wrong with the periods of a model, in words that name the period; null when nothing is.</summary>
    public static string? Fault(IReadOnlyList<PricePeriod>? periods)
    {
        if (periods is null or { Count: 0 })
        {
            return "must have at least one period.";
        }

        for (var n = 0; n < periods.Count; n++)
        {
            if (FaultOf(periods[n], n == 0 ? null : periods[n - 1]) is { } fault)
            {
                return $"has a fault in period {n + 1}: {fault}";
            }
        }

        return null;
    }

    /// <summary>The price of one request, worked out as for sums; null when it is unknown.</summary>
    public static double? CostOf(RequestFact fact, IReadOnlyList<ModelPrice> prices)
    {
        if (fact.Tokens is not { } tokens)
        {
            return 0;
        }

        var bucket = TimeBuckets.Of(fact.StartedAt);
        var prompt = tokens.Prompt + tokens.ToolUsePrompt;
        return (RatesOf(fact.ModelServed) ?? RatesOf(fact.ModelAsked)) is not { } rates
            ? tokens.Total > 0 ? null : 0
            : Math.Round(
                ((Math.Max(0, prompt - tokens.Cached - tokens.PromptAudio) * rates.Input)
                    + (tokens.Cached * (rates.Cached ?? rates.Input))
                    + (tokens.PromptAudio * (rates.InputAudio ?? rates.Input))
                    + ((tokens.Completion - tokens.CompletionAudio + tokens.Thoughts) * rates.Output)
                    + (tokens.CompletionAudio * (rates.OutputAudio ?? rates.Output))) / 1e6,
                9);

        PriceRates? RatesOf(string? model)
        {
            var period = prices.FirstOrDefault(price => price.Model == model)?.Periods
                .FirstOrDefault(one => (one.From is null || bucket >= one.From) && (one.To is null || bucket < one.To));
            return prompt > LongPromptTokens ? period?.LongPrompt ?? period?.Rates : period?.Rates;
        }
    }

    /// <summary>The table as rows, for parameters from a number on.</summary>
    public static string Rows(int first) =>
        $"unnest({string.Join(", ", Enumerable.Range(first, ParameterCount).Select(n => $"${n}"))}) as price (model, from_at, to_at, long_prompt, input, output, cached, input_audio, output_audio)";

    /// <summary>Adds the parameters of <see cref="Rows"/>.</summary>
    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.Add(new() { Value = models.ToArray() });
        parameters.Add(new() { Value = from.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        parameters.Add(new() { Value = to.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        parameters.Add(new() { Value = longPrompt.ToArray() });
        foreach (var rates in (List<double>[])[input, output, cached, inputAudio, outputAudio])
        {
            parameters.Add(new() { Value = rates.ToArray() });
        }
    }

    /// <summary>Times that sums of a range must be told apart at, so that each part has one price: its buckets, and changes of price.</summary>
    public IEnumerable<DateTimeOffset> CutsOf(TimeRange range) => range.Cuts().Concat(from.Concat(to).Where(change => change > range.From && change < range.To));

    private static string? FaultOf(PricePeriod? period, PricePeriod? before)
    {
        if (period?.Rates is null)
        {
            return "it has no rates.";
        }

        foreach (var rates in (PriceRates?[])[period.Rates, period.LongPrompt])
        {
            if (rates is not null && new[] { rates.Input, rates.Output, rates.Cached ?? 0, rates.InputAudio ?? 0, rates.OutputAudio ?? 0 }.Any(rate => rate is not (>= 0 and <= 1_000_000)))
            {
                return "a rate must be a number from 0 to 1,000,000 US dollars per million tokens.";
            }
        }

        if (period.From >= period.To)
        {
            return "it ends before it begins.";
        }

        if (before is null)
        {
            return null;
        }

        return (before.To, period.From) switch
        {
            (null, _) => "the period before it has no end.",
            (_, null) => "only the first period can begin at no time.",
            ({ } end, { } start) when start < end => $"it overlaps with the one before it, which ends at {end.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}.",
            ({ } end, { } start) when start > end => $"there is a gap before it, from {end.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ} to {start.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}.",
            _ => null,
        };
    }

    private static ModelPrice[] ReadShipped()
    {
        using var stream = typeof(PriceTable).Assembly.GetManifestResourceStream("prices.json")
            ?? throw new InvalidOperationException("The assembly lacks its prices.");
        return JsonSerializer.Deserialize(stream, ContractsJson.Default.ModelPriceArray)!;
    }

    private void Add(string model, PricePeriod period, bool isLong, PriceRates rates)
    {
        models.Add(model);
        from.Add(period.From?.ToUniversalTime() ?? Ever);
        to.Add(period.To?.ToUniversalTime() ?? Never);
        longPrompt.Add(isLong);
        input.Add(rates.Input);
        output.Add(rates.Output);
        cached.Add(rates.Cached ?? rates.Input);
        inputAudio.Add(rates.InputAudio ?? rates.Input);
        outputAudio.Add(rates.OutputAudio ?? rates.Output);
    }
}
