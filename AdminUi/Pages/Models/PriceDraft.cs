using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.Models;

/// <summary>The prices of a model while an operator writes them: periods one after the other, each until the next begins.</summary>
public sealed class PriceDraft
{
    /// <summary>One period.</summary>
    public sealed class Period
    {
        /// <summary>Start (UTC); null in the first period means from ever.</summary>
        public DateTime? From { get; set; }

        /// <summary>A token of the prompt.</summary>
        public double? Input { get; set; }

        /// <summary>A token of the answer.</summary>
        public double? Output { get; set; }

        /// <summary>A token of the prompt that came from a cache.</summary>
        public double? Cached { get; set; }

        /// <summary>An audio token of the prompt.</summary>
        public double? InputAudio { get; set; }

        /// <summary>An audio token of the answer.</summary>
        public double? OutputAudio { get; set; }

        /// <summary>A token of a prompt of more than 200,000.</summary>
        public double? LongInput { get; set; }

        /// <summary>A token of the answer to such a prompt.</summary>
        public double? LongOutput { get; set; }

        /// <summary>The other prices for such prompts, kept as they are.</summary>
        public PriceRates? Long { get; init; }
    }

    /// <summary>The periods in their order, at least one.</summary>
    public List<Period> Periods { get; } = [];

    /// <summary>End of the last period (UTC); null means until further notice.</summary>
    public DateTime? Until { get; set; }

    /// <summary>The prices as they stand.</summary>
    /// <param name="price">The model's; null when they are unknown.</param>
    public static PriceDraft Of(ModelPrice? price)
    {
        var draft = new PriceDraft { Until = price?.Periods is { Count: > 0 } periods ? periods[^1].To?.UtcDateTime : null };
        draft.Periods.AddRange((price?.Periods ?? []).Select(period => new Period
        {
            From = period.From?.UtcDateTime,
            Input = period.Rates.Input,
            Output = period.Rates.Output,
            Cached = period.Rates.Cached,
            InputAudio = period.Rates.InputAudio,
            OutputAudio = period.Rates.OutputAudio,
            LongInput = period.LongPrompt?.Input,
            LongOutput = period.LongPrompt?.Output,
            Long = period.LongPrompt,
        }));
        if (draft.Periods.Count == 0)
        {
            draft.Periods.Add(new Period());
        }

        return draft;
    }

    /// <summary>Adds a period that begins then, with the prices of the one before it.</summary>
    /// <param name="from">Its start (UTC).</param>
    public void Add(DateTime from)
    {
        var last = Periods[^1];
        Periods.Add(new Period
        {
            From = from,
            Input = last.Input,
            Output = last.Output,
            Cached = last.Cached,
            InputAudio = last.InputAudio,
            OutputAudio = last.OutputAudio,
            LongInput = last.LongInput,
            LongOutput = last.LongOutput,
            Long = last.Long,
        });
    }

    /// <summary>The periods as the service takes them; null while something is missing or out of order.</summary>
    public PricePeriod[]? Prices()
    {
        var prices = new List<PricePeriod>();
        for (var i = 0; i < Periods.Count; i++)
        {
            var period = Periods[i];
            var to = i + 1 < Periods.Count ? Periods[i + 1].From : Until;
            if (period is not { Input: >= 0, Output: >= 0 } || (i > 0 && period.From is null) || (to is null && i + 1 < Periods.Count) || period.From >= to || (period.LongInput is null) != (period.LongOutput is null))
            {
                return null;
            }

            var rates = new PriceRates(period.Input.Value, period.Output.Value, period.Cached, period.InputAudio, period.OutputAudio);
            var longPrompt = period.LongInput is { } input ? (period.Long ?? new PriceRates(0, 0)) with { Input = input, Output = period.LongOutput!.Value } : null;
            prices.Add(new PricePeriod(Utc(period.From), Utc(to), rates, longPrompt));
        }

        return [.. prices];
    }

    private static DateTimeOffset? Utc(DateTime? at) => at is { } given ? new DateTimeOffset(DateTime.SpecifyKind(given, DateTimeKind.Utc)) : null;
}
