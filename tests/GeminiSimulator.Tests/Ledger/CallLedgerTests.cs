using GeminiBalance.GeminiSimulator.Ledger;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Ledger;

public sealed class CallLedgerTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(1500)]
    [InlineData(5000)]
    public void Close_AnyCapacity_HoldsTheNewestInOrder(int capacity)
    {
        var ledger = new CallLedger(capacity);
        for (var i = 1; i <= 4000; i++)
        {
            ledger.Close(new Call(0, default, $"{i}", null, "m", "x", "ok", null, 200, 1, 0, 0, 0), ledger.Open());
        }

        var held = ledger.After(0, int.MaxValue);
        Assert.Equal(Math.Min(capacity, 4000), held.Count);
        Assert.All(held, call => Assert.Equal(call.Key, $"{call.Sequence}"));
        Assert.Equal(4000, held[^1].Sequence);
        Assert.Equal(Math.Max(0, 4000 - capacity), ledger.Summary().Dropped);
        Assert.Equal([3999L, 4000L], ledger.After(3998, 10).Select(call => call.Sequence));
        Assert.Empty(ledger.After(4000, 10));
        Assert.Equal(4000, ledger.Summary().PromptTokens);
    }
}
