using CsCheck;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Activities;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Activities;

public sealed class AttemptsTests
{
    [Fact]
    public void Fold_AFailover_CountsEveryCallUnderItsKeyAndClass()
    {
        var fact = Facts.Fact() with
        {
            Attempts =
            [
                new AttemptFact(Facts.KeyA, UpstreamOutcomeClass.Overloaded, 503, 4.6), new AttemptFact(Facts.KeyA, UpstreamOutcomeClass.Overloaded, 503, 4.6),
                new AttemptFact(Facts.KeyB, UpstreamOutcomeClass.Succeeded, 200, double.NaN),
            ],
        };

        Assert.Equal(
            new Dictionary<AttemptCell, (long, long)>
            {
                [new AttemptCell(Facts.Noon, "gemini-2.5-flash", Facts.KeyA, UpstreamOutcomeClass.Overloaded)] = (2, 10),
                [new AttemptCell(Facts.Noon, "gemini-2.5-flash", Facts.KeyB, UpstreamOutcomeClass.Succeeded)] = (1, 0),
            },
            AttemptsView.Fold([fact, Facts.Fact() with { Attempts = [] }]).ToDictionary());
    }

    [Fact]
    public void Fold_CutIntoAnyPages_GivesTheSameSums() =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[1, 60], Gen.Int[0, 1_000_000]).Sample((count, page, seed) =>
        {
            var facts = Facts.Many(count, seed, Facts.Noon).Select(fact => fact with { Attempts = [fact.Attempts[0] with { DurationMs = fact.DurationMs }] }).ToArray();
            var pages = facts.Chunk(page).SelectMany(part => AttemptsView.Fold(part)).GroupBy(cell => cell.Key)
                .Select(cell => (cell.Key, (cell.Sum(part => part.Value.Attempts), cell.Sum(part => part.Value.DurationMs))));
            return AttemptsView.Fold(facts).Select(cell => (cell.Key, cell.Value)).ToHashSet().SetEquals(pages);
        }, iter: 100);
}
