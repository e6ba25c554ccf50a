namespace GeminiBalance.GeminiSimulator.Scripts;

/// <summary>A behaviour put on calls.</summary>
/// <param name="Behaviour">One of <see cref="ScriptBook.Behaviours"/>, <c>finish:REASON</c>, or <c>replay:NAME</c> for a recorded body.</param>
/// <param name="Key">The key it applies to; null for all.</param>
/// <param name="Model">The model it applies to; null for all.</param>
/// <param name="Times">How many calls it applies to; null until removed.</param>
/// <param name="Probability">Share (0 to 1) of calls it applies to, drawn from the simulator's seed.</param>
/// <param name="AfterEvents">For <c>cut</c>, <c>stall</c>, <c>malformed</c> and <c>error-mid-stream</c>: stream events sent before; a shorter stream gets the fault at its end.</param>
/// <param name="DelayMs">For <c>slow</c>: milliseconds before the first byte.</param>
/// <param name="Method">The method it applies to, for example <c>countTokens</c>; null for all.</param>
/// <param name="GapMs">For <c>slow</c>: milliseconds between the events of a stream; null for <paramref name="DelayMs"/>.</param>
public sealed record Script(
    string Behaviour,
    string? Key = null,
    string? Model = null,
    int? Times = null,
    double Probability = 1,
    int AfterEvents = 1,
    int DelayMs = 1000,
    string? Method = null,
    int? GapMs = null);
