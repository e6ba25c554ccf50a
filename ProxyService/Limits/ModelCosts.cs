using System.Collections.Frozen;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>StatsService's price table.</summary>
/// <param name="client">A client with its address and the service token.</param>
internal sealed class PricesClient(HttpClient client)
{
    /// <summary>Reads it.</summary>
    public Task<ModelPrice[]?> PricesAsync(CancellationToken cancellationToken) => client.GetFromJsonAsync("/stats/prices", ContractsJson.Default.ModelPriceArray, cancellationToken);
}

/// <summary>
/// What requests cost, for budgets in money: StatsService's price table, read in the background. A model without a known price costs nothing, and so does every one
/// until the table was read once; what stands in the usage views is worked out by StatsService.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class ModelCosts(TimeProvider time)
{
    private const long LongPromptTokens = 200_000;

    private volatile FrozenDictionary<string, IReadOnlyList<PricePeriod>> prices = FrozenDictionary<string, IReadOnlyList<PricePeriod>>.Empty;

    /// <summary>Takes over a price table.</summary>
    public void Use(IEnumerable<ModelPrice> table) =>
        prices = table.DistinctBy(price => price.Model).ToFrozenDictionary(price => price.Model, price => price.Periods, StringComparer.Ordinal);

    /// <summary>The cost of tokens, in millionths of a US dollar.</summary>
    /// <param name="served">The model that answered, when it said so.</param>
    /// <param name="asked">The model asked for.</param>
    /// <param name="tokens">The tokens.</param>
    public long Of(string? served, string? asked, TokenUsage tokens)
    {
        var prompt = tokens.Prompt + tokens.ToolUsePrompt;
        if ((RatesOf(served, prompt) ?? RatesOf(asked, prompt)) is not { } rates)
        {
            return 0;
        }

        // Dollars per million tokens are millionths of a dollar per token.
        return (long)Math.Ceiling(
            (Math.Max(0, prompt - tokens.Cached - tokens.PromptAudio) * rates.Input)
            + (tokens.Cached * (rates.Cached ?? rates.Input))
            + (tokens.PromptAudio * (rates.InputAudio ?? rates.Input))
            + ((tokens.Completion - tokens.CompletionAudio + tokens.Thoughts) * rates.Output)
            + (tokens.CompletionAudio * (rates.OutputAudio ?? rates.Output)));
    }

    private PriceRates? RatesOf(string? model, long prompt)
    {
        if (model is null || !prices.TryGetValue(model, out var periods))
        {
            return null;
        }

        var now = time.GetUtcNow();
        foreach (var period in periods)
        {
            if ((period.From is null || now >= period.From) && (period.To is null || now < period.To))
            {
                return prompt > LongPromptTokens ? period.LongPrompt ?? period.Rates : period.Rates;
            }
        }

        return null;
    }
}
