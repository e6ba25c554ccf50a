using GeminiBalance.Contracts;

namespace GeminiBalance.StatsService.Tests;

/// <summary>Makes facts and batches for tests.</summary>
internal static class Facts
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    public static readonly Guid KeyA = new("aaaaaaaa-0000-7000-8000-000000000001");

    public static readonly Guid KeyB = new("bbbbbbbb-0000-7000-8000-000000000002");

    public static readonly Guid Alice = new("a11ce000-0000-7000-8000-000000000003");

    public static readonly Guid Bob = new("b0b00000-0000-7000-8000-000000000004");

    public static RequestFact Fact(
        RequestOutcome outcome = RequestOutcome.Succeeded, DateTimeOffset? at = null, string? model = "gemini-2.5-flash", Guid? key = null, Guid? accessKey = null) => new(
        Guid.CreateVersion7(at ?? Noon),
        at ?? Noon,
        RequestOperation.ChatCompletion,
        outcome,
        outcome == RequestOutcome.Succeeded ? 200 : 503,
        outcome == RequestOutcome.Succeeded ? null : "upstream_error",
        model,
        model,
        accessKey ?? Alice,
        key ?? KeyA,
        [new AttemptFact(key ?? KeyA, outcome == RequestOutcome.Succeeded ? UpstreamOutcomeClass.Succeeded : UpstreamOutcomeClass.UpstreamError, 200, 90)],
        new KeyChoice("round_robin", 2, 0),
        Streamed: true,
        new TokenUsage(Prompt: 10, Completion: 5, Thoughts: 3, Cached: 4, ToolUsePrompt: 2, Total: 20),
        FirstTokenMs: 40,
        DurationMs: 100,
        TraceParent: null);

    public static RequestsCompleted Batch(params RequestFact[] facts) => new(Guid.CreateVersion7(), "proxy-1", facts);

    /// <summary>Varied facts of the last hours: several models, keys, access keys, outcomes and latencies; the same for the same seed, but for their ids.</summary>
    public static RequestFact[] Many(int count, int seed, DateTimeOffset until)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Fact(
            random.Next(10) switch { 0 => RequestOutcome.UpstreamError, 1 => RequestOutcome.ClientError, 2 => RequestOutcome.Aborted, _ => RequestOutcome.Succeeded },
            until.AddSeconds(-random.Next(7_200)),
            random.Next(2) == 0 ? "gemini-2.5-flash" : "gemini-2.5-pro",
            random.Next(2) == 0 ? KeyA : KeyB,
            random.Next(2) == 0 ? Alice : Bob) with { DurationMs = random.NextDouble() * 5_000, FirstTokenMs = random.NextDouble() * 500 })];
    }

    public static IEnumerable<RequestsCompleted> Batches(IEnumerable<RequestFact> facts, int size = RequestsCompleted.MaximumFacts) =>
        facts.Chunk(size).Select(Batch);
}
