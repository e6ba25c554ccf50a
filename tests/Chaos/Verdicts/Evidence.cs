using GeminiBalance.Chaos.Load;
using GeminiBalance.Contracts;
using GeminiBalance.GeminiSimulator.Ledger;

namespace GeminiBalance.Chaos.Verdicts;

/// <summary>The three ledgers of one round, and what the views made of the third.</summary>
/// <param name="Clients">What the clients saw.</param>
/// <param name="Calls">What the upstream was asked.</param>
/// <param name="Facts">What the event store holds.</param>
/// <param name="Views">What the usage views gained.</param>
/// <param name="Mismatches">Journal segments that are stored otherwise than they were written.</param>
internal sealed record Evidence(
    IReadOnlyCollection<ClientEntry> Clients,
    IReadOnlyCollection<Call> Calls,
    IReadOnlyCollection<RequestFact> Facts,
    UsageGain Views,
    long Mismatches);

/// <summary>What the usage views gained in a round.</summary>
/// <param name="Requests">Requests.</param>
/// <param name="Tokens">Tokens in all.</param>
internal readonly record struct UsageGain(long Requests, long Tokens)
{
    public static UsageGain operator -(UsageGain left, UsageGain right) => new(left.Requests - right.Requests, left.Tokens - right.Tokens);
}
