using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Costs;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Costs;

public sealed class PriceTableTests
{
    private static readonly PriceRates Rates = new(1, 2);

    [Fact]
    public void Shipped_EveryModel_HasSoundPeriods()
    {
        Assert.All(PriceTable.Shipped, price => Assert.Null(PriceTable.Fault(price.Periods)));
        Assert.All(PriceTable.Shipped, price => Assert.Null(price.Periods[^1].To));
        Assert.Equal(PriceTable.Shipped.Count, PriceTable.Shipped.Select(price => price.Model).Distinct().Count());
        Assert.Contains(PriceTable.Shipped, price => price is { Model: "gemini-2.5-pro", Periods: [{ LongPrompt.Input: 2.5 }] });
    }

    [Fact]
    public void Fault_PeriodsWithoutAGap_IsNone() => Assert.Null(PriceTable.Fault([new(null, Facts.Noon, Rates), new(Facts.Noon, Facts.Noon.AddDays(1), Rates, Rates), new(Facts.Noon.AddDays(1), null, Rates)]));

    [Fact]
    public void Fault_AGap_NamesItsPeriodAndBounds() => Assert.Equal(
        "has a fault in period 2: there is a gap before it, from 2026-03-04T12:00:00Z to 2026-03-04T13:00:00Z.",
        PriceTable.Fault([new(null, Facts.Noon, Rates), new(Facts.Noon.AddHours(1), null, Rates)]));

    [Fact]
    public void Fault_AnOverlap_NamesItsPeriodAndEnd() => Assert.Equal(
        "has a fault in period 2: it overlaps with the one before it, which ends at 2026-03-04T12:00:00Z.",
        PriceTable.Fault([new(null, Facts.Noon, Rates), new(Facts.Noon.AddHours(-1), null, Rates)]));

    [Fact]
    public void Fault_WhatMakesNoSense_IsNamed()
    {
        Assert.Contains("at least one", PriceTable.Fault([]));
        Assert.Contains("at least one", PriceTable.Fault(null));
        Assert.Contains("has no rates", PriceTable.Fault([null!]));
        Assert.Contains("ends before it begins", PriceTable.Fault([new(Facts.Noon, Facts.Noon, Rates)]));
        Assert.Contains("has no end", PriceTable.Fault([new(null, null, Rates), new(Facts.Noon, null, Rates)]));
        Assert.Contains("only the first", PriceTable.Fault([new(null, Facts.Noon, Rates), new(null, null, Rates)]));
        Assert.Contains("from 0 to", PriceTable.Fault([new(null, null, new PriceRates(double.NaN, 1))]));
        Assert.Contains("from 0 to", PriceTable.Fault([new(null, null, Rates, new PriceRates(1, 1, -0.5))]));
    }
}
