using GeminiBalance.AdminUi.Pages.Models;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Tests.Pages;

/// <summary>Prices while an operator writes them.</summary>
public sealed class PriceDraftTests
{
    private static readonly DateTimeOffset June = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Prices_ReadAndWritten_AreTheSame()
    {
        PricePeriod[] periods =
        [
            new(null, June, new PriceRates(1.25, 10, 0.125), new PriceRates(2.5, 15, 0.25)),
            new(June, null, new PriceRates(1, 8, null, 3, 12)),
        ];

        Assert.Equal(periods, PriceDraft.Of(new ModelPrice("gemini-2.5-pro", periods, true)).Prices());
    }

    [Fact]
    public void Period_Added_EndsTheOneBeforeIt()
    {
        var draft = PriceDraft.Of(new ModelPrice("gemini-2.5-pro", [new PricePeriod(null, null, new PriceRates(1.25, 10))], false));
        draft.Add(June.UtcDateTime);
        draft.Periods[1].Output = 9;

        Assert.Equal([new PricePeriod(null, June, new PriceRates(1.25, 10)), new PricePeriod(June, null, new PriceRates(1.25, 9))], draft.Prices()!);
    }

    [Fact]
    public void Prices_WithoutInputOrOutOfOrder_AreNone()
    {
        var draft = PriceDraft.Of(null);
        Assert.Null(draft.Prices());

        (draft.Periods[0].Input, draft.Periods[0].Output) = (1, 2);
        Assert.Equal([new PricePeriod(null, null, new PriceRates(1, 2))], draft.Prices()!);

        draft.Add(June.UtcDateTime);
        draft.Add(June.UtcDateTime);
        Assert.Null(draft.Prices());

        draft.Periods[2].From = June.UtcDateTime.AddDays(1);
        Assert.Equal(3, draft.Prices()!.Length);
        draft.Periods[1].LongInput = 3;
        Assert.Null(draft.Prices());
    }
}
