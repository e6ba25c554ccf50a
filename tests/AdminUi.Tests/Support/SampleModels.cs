using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>A model catalogue with models of every state.</summary>
public static class SampleModels
{
    public static void Fill(FakeModels catalogue)
    {
        var now = TimeProvider.System.GetUtcNow();
        UpstreamModel Upstream(string name, string display, long input, long output, bool? thinking, params string[] methods) =>
            new(name, display, $"{display}, for tests.", "001", input, output, methods.Length == 0 ? ["countTokens", "generateContent"] : methods, thinking);
        ModelView Model(UpstreamModel upstream, bool enabled = true, int keys = 96) => new(upstream.Name, enabled, upstream, now.AddDays(-30), now.AddDays(-2), null, [], [], null, keys);
        catalogue.Models.AddRange(
        [
            Model(Upstream("gemini-1.5-pro", "Gemini 1.5 Pro", 2_000_000, 8192, null)) with { GoneSince = now.AddHours(-5), ServingKeys = 0 },
            Model(Upstream("gemini-2.5-flash", "Gemini 2.5 Flash", 1_048_576, 65_536, true)) with { Aliases = ["gpt-4o", "gpt-4o-mini"], Fallbacks = ["gemini-2.5-flash-lite"], Profile = new ModelProfileOverride(Thinking: "budget") },
            Model(Upstream("gemini-2.5-flash-lite", "Gemini 2.5 Flash-Lite", 1_048_576, 65_536, true), enabled: false),
            Model(Upstream("gemini-2.5-flash-lite-preview-with-a-long-name", "<b>Gemini</b> 2.5 Flash-Lite Preview with a long name", 1_048_576, 65_536, null), keys: 3),
            Model(Upstream("gemini-2.5-pro", "Gemini 2.5 Pro", 1_048_576, 65_536, true), keys: 41),
            Model(Upstream("gemini-embedding-001", "Gemini Embedding 001", 2048, 1, null, "countTextTokens", "embedContent")),
        ]);
        catalogue.Aliases.AddRange([new ModelAlias("gpt-4o", "gemini-2.5-flash"), new ModelAlias("gpt-4o-mini", "gemini-2.5-flash"), new ModelAlias("o1", "gemini-0-none", Known: false), new ModelAlias("text-davinci-003", "gemini-2.5-flash-lite", Served: false)]);
        catalogue.Prices.AddRange(
        [
            new ModelPrice("gemini-2.5-flash", [new PricePeriod(null, null, new PriceRates(0.3, 2.5, 0.03, 1))], false),
            new ModelPrice("gemini-2.5-pro", [new PricePeriod(null, null, new PriceRates(1.25, 10, 0.125), new PriceRates(2.5, 15, 0.25))], false),
        ]);
        catalogue.Diff = new ModelDiff(
            "0123456789abcdef",
            false,
            true,
            6,
            [Upstream("gemini-3-ultra-preview", "Gemini 3 Ultra Preview", 1_048_576, 65_536, true)],
            [new ModelChange("gemini-2.5-flash", "outputTokenLimit", "65536", "32768")],
            ["gemini-1.5-pro"],
            [],
            []);
    }
}
