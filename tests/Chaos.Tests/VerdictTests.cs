using GeminiBalance.Chaos.Load;
using GeminiBalance.Chaos.Verdicts;
using GeminiBalance.Contracts;
using GeminiBalance.GeminiSimulator.Ledger;

namespace GeminiBalance.Chaos.Tests;

/// <summary>The judge finds every way to break the promise.</summary>
public sealed class VerdictTests
{
    private static readonly Guid Id = Guid.CreateVersion7();
    private static readonly ClientEntry Complete = new("a", ClientOutcome.Complete, 200, Id, 30);
    private static readonly Call Answered = CallOf("a", "ok", 10, 20);
    private static readonly RequestFact Stored = FactOf(Id, "a", RequestOutcome.Succeeded, 30);

    [Fact]
    public void Agreement_IsNoFinding() => Assert.Empty(Judge([Complete], [Answered], [Stored]));

    [Fact]
    public void AnsweredAndNotStored_IsLost() => Assert.Equal([Breach.Lost], Kinds(Judge([Complete], [Answered], [])));

    [Fact]
    public void PaidForAndNotStored_IsLost() => Assert.Equal([Breach.Lost], Kinds(Judge([Complete with { Outcome = ClientOutcome.Cut, RequestId = null, Tokens = null }], [CallOf("a", "aborted", 0, 0)], [])));

    [Fact]
    public void NeverReached_NeedsNoFact() => Assert.Empty(Judge([new ClientEntry("a", ClientOutcome.Cut)], [], []));

    [Fact]
    public void RefusedBecauseNothingCanBeWritten_NeedsNoFact()
    {
        Assert.Empty(Judge([new ClientEntry("a", ClientOutcome.Refused, 503, Id, null, "cannot_record")], [], []));
        Assert.Equal([Breach.Lost], Kinds(Judge([new ClientEntry("a", ClientOutcome.Refused, 503, Id, null, "no_key")], [], [])));
    }

    [Fact]
    public void StoredTwice_IsDoubled() =>
        Assert.Equal([Breach.Doubled], Kinds(Judge([Complete], [Answered], [Stored, FactOf(Guid.CreateVersion7(), "a", RequestOutcome.Aborted, 5) with { Recovered = true }])));

    [Fact]
    public void StoredAndAskedByNobody_IsInvented() => Assert.Equal([Breach.Invented], Kinds(Judge([Complete], [Answered], [Stored, FactOf(Guid.CreateVersion7(), "b", RequestOutcome.Succeeded, 30)])));

    [Theory]
    [InlineData(29, 30, 30)]
    [InlineData(30, 29, 30)]
    [InlineData(30, 30, 29)]
    public void TokensOfAWholeAnswer_DifferAnywhere_IsFound(int client, int upstream, int stored) =>
        Assert.Equal([Breach.Tokens], Kinds(Judge([Complete with { Tokens = client }], [CallOf("a", "ok", 10, upstream - 10)], [FactOf(Id, "a", RequestOutcome.Succeeded, stored)])));

    [Fact]
    public void EstimateOfAWholeAnswer_IsFound() => Assert.Equal([Breach.Tokens], Kinds(Judge([Complete], [Answered], [Stored with { Estimated = true }])));

    [Theory]
    [InlineData(29, true)]
    [InlineData(30, false)]
    [InlineData(40, false)]
    public void TokensOfACutAnswer_MayBeMoreThanTold_NeverFewer(int stored, bool found)
    {
        var findings = Judge([new ClientEntry("a", ClientOutcome.Cut, 200, Id)], [CallOf("a", "aborted", 10, 20)], [FactOf(Id, "a", RequestOutcome.Aborted, stored) with { Estimated = true }]);

        Assert.Equal(found ? [Breach.Understated] : [], Kinds(findings));
    }

    [Fact]
    public void OtherwiseThanTheClientSawIt_IsMistold()
    {
        Assert.Equal([Breach.Mistold], Kinds(Judge([Complete], [Answered], [Stored with { Outcome = RequestOutcome.Aborted }])));
        Assert.Equal([Breach.Mistold], Kinds(Judge([Complete], [Answered], [FactOf(Guid.CreateVersion7(), "a", RequestOutcome.Succeeded, 30)])));
        Assert.Equal([Breach.Mistold], Kinds(Judge([new ClientEntry("a", ClientOutcome.Refused, 502, Id)], [], [FactOf(Id, "a", RequestOutcome.UpstreamError, 0)])));
    }

    [Fact]
    public void ViewsAndReconciliation_MustSayWhatIsStored()
    {
        Assert.Equal([Breach.Views], Kinds(Verdict.Of(new Evidence([Complete], [Answered], [Stored], new UsageGain(2, 30), 0))));
        Assert.Equal([Breach.Views], Kinds(Verdict.Of(new Evidence([Complete], [Answered], [Stored], new UsageGain(1, 31), 0))));
        Assert.Equal([Breach.Views], Kinds(Verdict.Of(new Evidence([Complete], [Answered], [Stored], new UsageGain(1, 30), 1))));
    }

    private static IReadOnlyList<Finding> Judge(ClientEntry[] clients, Call[] calls, RequestFact[] facts) =>
        Verdict.Of(new Evidence(clients, calls, facts, new UsageGain(facts.Length, facts.Sum(fact => fact.Tokens?.Total ?? 0)), 0));

    private static IEnumerable<Breach> Kinds(IReadOnlyList<Finding> findings) => findings.Select(finding => finding.Kind);

    [Theory]
    [InlineData(24, true, true)]
    [InlineData(25, true, false)]
    [InlineData(25, false, true)]
    public void LastEventOfACallThatWasHungUp_NeedNotHaveBeenHeard(int stored, bool hungUp, bool found)
    {
        var call = CallOf("a", hungUp ? "aborted" : "cut", 10, 20) with { Aborted = hungUp, LastEventTokens = 5 };

        Assert.Equal(found ? [Breach.Understated] : [], Kinds(Judge([new ClientEntry("a", ClientOutcome.HungUp, 200, Id)], [call], [FactOf(Id, "a", RequestOutcome.Aborted, stored)])));
    }

    private static Call CallOf(string tag, string outcome, int prompt, int candidates) =>
        new(1, DateTimeOffset.UnixEpoch, "key", "project", "gemini-2.5-flash", "generateContent", outcome, null, 200, prompt, candidates, 0, 0, Tag: tag);

    private static RequestFact FactOf(Guid id, string tag, RequestOutcome outcome, long tokens)
    {
        var key = Guid.CreateVersion7();
        var status = outcome switch { RequestOutcome.Succeeded => 200, RequestOutcome.Aborted => 499, _ => 503 };
        return new RequestFact(
            id, DateTimeOffset.UnixEpoch, RequestOperation.ChatCompletion, outcome, status, null, "gemini-2.5-flash", null, key, key, [new AttemptFact(key, UpstreamOutcomeClass.Succeeded, 200, 1)], null, false,
            new TokenUsage(tokens, 0, 0, 0, 0, tokens), null, 1, null, ClientRequestId: tag);
    }
}
