using CsCheck;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Usage;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Usage;

public sealed class UsageCubeTests
{
    [Fact]
    public void Fold_FactsOfOneCell_AddsThemUp()
    {
        var (cell, tally) = Assert.Single(new UsageByKey().Fold([Facts.Fact(), Facts.Fact(at: Facts.Noon.AddMinutes(14.9)), Facts.Fact() with { Tokens = null }]));

        Assert.Equal(new UsageCell<Guid>(Facts.Noon, "gemini-2.5-flash", "gemini-2.5-flash", Facts.KeyA, RequestOutcome.Succeeded), cell);
        Assert.Equal((3, 24, 10, 6, 8, 40), (tally.Requests, tally.PromptTokens, tally.CompletionTokens, tally.ThoughtTokens, tally.CachedTokens, tally.TotalTokens));
    }

    [Fact]
    public void Fold_AudioEstimatesAndLongPrompts_AreToldApart()
    {
        var spoken = Facts.Fact() with { Tokens = new TokenUsage(10, 5, 0, 0, 0, 15, PromptAudio: 7, CompletionAudio: 3), Estimated = true };
        var longest = Facts.Fact() with { Tokens = new TokenUsage(199_990, 1, 0, 0, 10, 200_001) };
        var tooLong = Facts.Fact() with { Tokens = new TokenUsage(199_991, 1, 0, 0, 10, 200_002) };

        var cells = new UsageByKey().Fold([spoken, longest, tooLong]);

        var shortOnes = cells.Single(cell => !cell.Key.LongPrompt).Value;
        Assert.Equal((2, 1, 7, 3), (shortOnes.Requests, shortOnes.Estimated, shortOnes.PromptAudioTokens, shortOnes.CompletionAudioTokens));
        Assert.Equal(200_002, cells.Single(cell => cell.Key.LongPrompt).Value.TotalTokens);
    }

    [Fact]
    public void Fold_AnotherZone_FallsIntoTheSameBucket()
    {
        var cells = new UsageByKey().Fold([Facts.Fact(at: new DateTimeOffset(2026, 3, 4, 13, 7, 0, TimeSpan.FromHours(1)))]);

        Assert.Equal(Facts.Noon, Assert.Single(cells).Key.BucketAt);
        Assert.Equal(TimeSpan.Zero, cells.Keys.Single().BucketAt.Offset);
    }

    [Fact]
    public void Fold_FactsThatDiffer_AreKeptApart() => Assert.Equal(5, new UsageByKey().Fold(
    [
        Facts.Fact(), Facts.Fact(key: Facts.KeyB), Facts.Fact(model: "other"), Facts.Fact(RequestOutcome.Aborted), Facts.Fact(at: Facts.Noon.AddMinutes(15)),
    ]).Count);

    [Fact]
    public void Fold_WithoutModelKeyOrAccessKey_StillCounts()
    {
        var refused = Facts.Fact(RequestOutcome.ClientError, model: null) with { ModelServed = null, KeyId = null, AccessKeyId = null };

        Assert.Equal(new UsageCell<Guid>(Facts.Noon, "", "", Guid.Empty, RequestOutcome.ClientError), Assert.Single(new UsageByKey().Fold([refused])).Key);
        Assert.Equal(new UsageCell<Guid>(Facts.Noon, "", "", Guid.Empty, RequestOutcome.ClientError), Assert.Single(new UsageByAccessKey().Fold([refused])).Key);
    }

    [Fact]
    public void Fold_CutIntoAnyPages_GivesTheSameSums() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 100], Gen.Int[0, 1_000_000]).Sample((count, page, seed) =>
        {
            var facts = Facts.Many(count, seed, Facts.Noon);
            var whole = Sums(new UsageByAccessKey().Fold(facts));
            var pages = facts.Chunk(page).SelectMany(part => Sums(new UsageByAccessKey().Fold(part)))
                .GroupBy(cell => cell.Cell).Select(cell => (cell.Key, cell.Sum(part => part.Requests), cell.Sum(part => part.Tokens)));
            return whole.ToHashSet().SetEquals(pages);
        }, iter: 100);

    private static IEnumerable<(UsageCell<Guid> Cell, long Requests, long Tokens)> Sums(IReadOnlyDictionary<UsageCell<Guid>, UsageTally> cells) =>
        cells.Select(cell => (cell.Key, cell.Value.Requests, cell.Value.TotalTokens));
}
