using GeminiBalance.Chaos.Load;
using GeminiBalance.Contracts;
using GeminiBalance.GeminiSimulator.Ledger;

namespace GeminiBalance.Chaos.Verdicts;

/// <summary>A way to break the promise.</summary>
internal enum Breach
{
    /// <summary>Answered or paid for, and not in the store.</summary>
    Lost,

    /// <summary>In the store more than once.</summary>
    Doubled,

    /// <summary>In the store, and asked by nobody.</summary>
    Invented,

    /// <summary>Stored with another outcome, status or id than the client saw.</summary>
    Mistold,

    /// <summary>The tokens of a whole answer differ between client, upstream and store.</summary>
    Tokens,

    /// <summary>The tokens of an unfinished answer are stored as fewer than the upstream told.</summary>
    Understated,

    /// <summary>The views or the reconciliation do not say what the store holds.</summary>
    Views,

    /// <summary>A fault did not do what it is for, so that the round proves less than it should.</summary>
    Unnoticed,
}

/// <summary>A broken promise.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Tag">Of which request; empty for sums.</param>
/// <param name="Detail">What was found.</param>
internal sealed record Finding(Breach Kind, string Tag, string Detail);

/// <summary>
/// Joins the ledgers request by request. Whatever a client got an answer to, and whatever the upstream was asked, is in the store exactly once;
/// tokens of whole answers are equal in all three; those of unfinished ones are never stored as fewer than the upstream told.
/// </summary>
internal static class Verdict
{
    /// <summary>The refusals that are not counted: nothing can be written down, or a gateway that has just started does not know yet who asks.</summary>
    private static readonly string[] Uncounted = ["cannot_record", "not_ready"];

    /// <summary>Finds what is wrong.</summary>
    public static IReadOnlyList<Finding> Of(Evidence evidence)
    {
        var findings = new List<Finding>();
        var calls = evidence.Calls.Where(call => call.Tag is not null).ToLookup(call => call.Tag!);
        var facts = evidence.Facts.ToLookup(fact => fact.ClientRequestId ?? "");
        var known = new HashSet<string>();
        foreach (var client in evidence.Clients)
        {
            known.Add(client.Tag);
            Judge(client, [.. calls[client.Tag]], [.. facts[client.Tag]], findings);
        }

        foreach (var stray in facts.Select(group => group.Key).Concat(calls.Select(group => group.Key)).Where(tag => !known.Contains(tag)).Distinct())
        {
            findings.Add(new Finding(Breach.Invented, stray, "no client has asked for it"));
        }

        foreach (var call in evidence.Calls.Where(call => call.Tag is null && TotalOf(call) > 0))
        {
            findings.Add(new Finding(Breach.Invented, "", $"the upstream was paid {TotalOf(call)} tokens for a call of nobody"));
        }

        JudgeSums(evidence, findings);
        return findings;
    }

    /// <summary>What the upstream said a call used.</summary>
    public static long TotalOf(Call call) => (long)call.PromptTokens + call.CandidatesTokens + call.ThoughtsTokens + call.ToolTokens;

    private static void Judge(ClientEntry client, Call[] calls, RequestFact[] facts, List<Finding> findings)
    {
        if (facts.Length > 1)
        {
            Add(Breach.Doubled, $"stored {facts.Length} times, as {string.Join(" and ", facts.Select(fact => $"{fact.Outcome}{(fact.Recovered ? " (recovered)" : "")}"))}");
            return;
        }

        if (facts is not [var fact])
        {
            if (MustBeStored(client) || calls.Length > 0)
            {
                Add(Breach.Lost, $"the client saw {client.Outcome} {client.Status}, the upstream {calls.Length} calls ({string.Join(", ", calls.Select(call => call.Outcome))})");
            }

            return;
        }

        var paid = calls.Sum(TotalOf);
        var stored = fact.Tokens?.Total ?? 0;
        if (client.RequestId is { } id && id != fact.Id)
        {
            Add(Breach.Mistold, $"the client was given the id {id}, stored is {fact.Id}");
        }

        if (client.Outcome == ClientOutcome.Complete && fact.Outcome != RequestOutcome.Succeeded)
        {
            Add(Breach.Mistold, $"the client got the whole answer, stored is {fact.Outcome}");
        }

        if (client.Outcome == ClientOutcome.Refused && fact.Status != client.Status)
        {
            Add(Breach.Mistold, $"the client saw {client.Status}, stored is {fact.Status}");
        }

        if (client.Outcome is ClientOutcome.Interrupted or ClientOutcome.Refused && fact.Outcome == RequestOutcome.Succeeded)
        {
            Add(Breach.Mistold, $"the client was told {client.Code}, stored is a success");
        }

        if (!fact.Recovered && fact.Attempts.Count < calls.Length)
        {
            Add(Breach.Mistold, $"the upstream was asked {calls.Length} times, stored are {fact.Attempts.Count} attempts");
        }

        if (fact.Outcome == RequestOutcome.Succeeded)
        {
            var told = client.Outcome == ClientOutcome.Complete ? client.Tokens : stored;
            if (fact.Estimated || stored != paid || told != stored)
            {
                Add(Breach.Tokens, $"the client saw {client.Tokens}, the upstream told {paid}, stored are {stored}{(fact.Estimated ? " (estimated)" : "")}");
            }
        }
        else if (stored < calls.Sum(HeardOf))
        {
            Add(Breach.Understated, $"{fact.Outcome}{(fact.Recovered ? " (recovered)" : "")}: the upstream told {paid} tokens, stored are {stored}");
        }

        void Add(Breach kind, string detail) => findings.Add(new Finding(kind, client.Tag, detail));
    }

    /// <summary>What a gateway must have heard of a call: the last event was on its way, perhaps, when the gateway hung up because its client had.</summary>
    private static long HeardOf(Call call) => TotalOf(call) - (call.Aborted ? call.LastEventTokens : 0);

    private static bool MustBeStored(ClientEntry client) => client.Outcome switch
    {
        ClientOutcome.Complete or ClientOutcome.Interrupted or ClientOutcome.HungUp => true,
        ClientOutcome.Refused => !Uncounted.Contains(client.Code),
        _ => false,
    };

    private static void JudgeSums(Evidence evidence, List<Finding> findings)
    {
        var stored = new UsageGain(evidence.Facts.Count, evidence.Facts.Sum(fact => fact.Tokens?.Total ?? 0));
        if (evidence.Views != stored)
        {
            findings.Add(new Finding(Breach.Views, "", $"the views gained {evidence.Views.Requests} requests and {evidence.Views.Tokens} tokens, stored are {stored.Requests} and {stored.Tokens}"));
        }

        if (evidence.Mismatches > 0)
        {
            findings.Add(new Finding(Breach.Views, "", $"{evidence.Mismatches} segments of the journals do not agree with the store"));
        }
    }
}
