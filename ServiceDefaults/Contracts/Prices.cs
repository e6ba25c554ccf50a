namespace GeminiBalance.Contracts;

/// <summary>Prices in US dollars per million tokens.</summary>
/// <param name="Input">A token of the prompt.</param>
/// <param name="Output">A token of the completion or of the model's thinking.</param>
/// <param name="Cached">A token of the prompt that came from a cache; null means that it costs as much as any other.</param>
/// <param name="InputAudio">An audio token of the prompt; null means the same.</param>
/// <param name="OutputAudio">An audio token of the completion; null means the same.</param>
public sealed record PriceRates(double Input, double Output, double? Cached = null, double? InputAudio = null, double? OutputAudio = null);

/// <summary>The prices of a model over a time.</summary>
/// <param name="From">Start (UTC); null means from ever.</param>
/// <param name="To">End (UTC), exclusive; null means until further notice.</param>
/// <param name="Rates">The prices.</param>
/// <param name="LongPrompt">The prices for prompts of more than 200,000 tokens; null when they cost no more.</param>
public sealed record PricePeriod(DateTimeOffset? From, DateTimeOffset? To, PriceRates Rates, PriceRates? LongPrompt = null);

/// <summary>What a model costs, and cost.</summary>
/// <param name="Model">The model, as the upstream calls it.</param>
/// <param name="Periods">One after the other, without a gap.</param>
/// <param name="Custom">Whether an operator set them; otherwise they came with the product.</param>
/// <param name="SetBy">Who set them.</param>
/// <param name="SetAt">When they were set (UTC).</param>
/// <param name="Fault">Why what is stored cannot be used: then there are no periods and the model's price is unknown; null when nothing is wrong.</param>
public sealed record ModelPrice(string Model, IReadOnlyList<PricePeriod> Periods, bool Custom, string? SetBy = null, DateTimeOffset? SetAt = null, string? Fault = null);
