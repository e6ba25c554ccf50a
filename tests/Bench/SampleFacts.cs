using GeminiBalance.Contracts;

namespace GeminiBalance.Bench;

/// <summary>Facts as the gateway writes them: one call in most, a choice with two finalists, tokens of an ordinary chat. The same for the same seed, but for their ids.</summary>
/// <param name="seed">Of the randomness.</param>
/// <param name="models">How many models.</param>
/// <param name="keys">How many upstream keys.</param>
/// <param name="accessKeys">How many access keys.</param>
internal sealed class SampleFacts(int seed, int models = 20, int keys = 50, int accessKeys = 50)
{
    private readonly Random random = new(seed);

    /// <summary>Names of the models, the most used first.</summary>
    public static string ModelOf(int number) => number switch
    {
        0 => "gemini-2.5-flash",
        1 => "gemini-2.5-pro",
        2 => "gemini-2.5-flash-lite",
        _ => $"gemini-bench-{number:00}",
    };

    /// <summary>Id of an upstream key.</summary>
    public static Guid KeyOf(int number) => new($"0a000000-0000-7000-8000-{number:000000000000}");

    /// <summary>Id of an access key.</summary>
    public static Guid AccessKeyOf(int number) => new($"0b000000-0000-7000-8000-{number:000000000000}");

    /// <summary>A number below a limit; the lower, the likelier.</summary>
    public int Skewed(int limit) => (int)(limit * Math.Pow(random.NextDouble(), 2.5));

    /// <summary>One fact; nine in ten succeeded.</summary>
    public RequestFact At(DateTimeOffset moment)
    {
        var (key, other) = (KeyOf(random.Next(keys)), KeyOf(random.Next(keys)));
        var outcome = random.Next(100) switch
        {
            < 90 => RequestOutcome.Succeeded,
            < 93 => RequestOutcome.ClientError,
            < 95 => RequestOutcome.Limited,
            < 97 => RequestOutcome.UpstreamError,
            < 98 => RequestOutcome.NoKey,
            _ => RequestOutcome.Aborted,
        };
        var succeeded = outcome == RequestOutcome.Succeeded;
        var status = outcome switch { RequestOutcome.Succeeded => 200, RequestOutcome.ClientError => 400, RequestOutcome.Limited => 429, RequestOutcome.Aborted => 499, _ => 503 };
        var streamed = random.Next(2) == 0;
        var duration = Math.Round(300 * Math.Exp(random.NextDouble() * 2.5), 3);
        var model = ModelOf(Skewed(models));
        long prompt = random.Next(50, 4_000), completion = succeeded ? random.Next(10, 900) : 0, thoughts = succeeded ? random.Next(0, 400) : 0;
        List<AttemptFact> attempts = [new AttemptFact(key, succeeded ? UpstreamOutcomeClass.Succeeded : UpstreamOutcomeClass.Overloaded, succeeded ? 200 : 503, Math.Round(duration - 1.3, 3), Math.Round(duration / 3, 3))];
        if (random.Next(12) == 0)
        {
            attempts.Insert(0, new AttemptFact(other, UpstreamOutcomeClass.QuotaPerMinute, 429, 41.7, 41.2, "RESOURCE_EXHAUSTED"));
        }

        return new RequestFact(
            Guid.CreateVersion7(moment),
            moment,
            RequestOperation.ChatCompletion,
            outcome,
            status,
            succeeded ? null : "upstream_error",
            model,
            model,
            AccessKeyOf(Skewed(accessKeys)),
            key,
            attempts,
            new KeyChoice("adaptive", keys - 3, 3, new Dictionary<string, int> { ["cooling"] = 2, ["exhausted"] = 1 }, [new ChoiceFinalist(key, 0.91, 0.99, 812.4, 0.83, 3), new ChoiceFinalist(other, 0.74, 0.97, 1022.9, 0.55, 5)]),
            streamed,
            outcome is RequestOutcome.ClientError or RequestOutcome.Limited or RequestOutcome.NoKey ? null : new TokenUsage(prompt, completion, thoughts, prompt / 4, 0, prompt + completion + thoughts),
            streamed ? Math.Round(duration / 3, 3) : null,
            duration,
            TraceParent: null,
            OverheadMs: 1.3);
    }
}
