using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>Counts of finished requests and of their tokens, by model. Kept here and handed over when somebody reads them: looking their labels up for each request would cost more than counting.</summary>
internal sealed class RequestTally
{
    private const int MostModels = 200;
    private const string OtherModel = "other";

    private static readonly RequestOutcome[] Outcomes = Enum.GetValues<RequestOutcome>();

    private readonly ConcurrentDictionary<string, OfModel> models = new(StringComparer.Ordinal);
    private readonly OfModel other = new(OtherModel);

    /// <summary>The counts of a model. It has its own only once the upstream has answered under its name: anybody can ask for any.</summary>
    /// <param name="model">The model asked for.</param>
    /// <param name="answered">Whether the upstream has answered under it.</param>
    public OfModel Of(string? model, bool answered) =>
        model is null ? other
        : models.TryGetValue(model, out var known) ? known
        : answered && models.Count < MostModels ? models.GetOrAdd(model, static name => new OfModel(name))
        : other;

    /// <summary>Finished requests.</summary>
    public IEnumerable<Measurement<long>> Requests() =>
        from model in models.Values.Append(other)
        from outcome in Outcomes
        from stream in (bool[])[false, true]
        let count = model.RequestsOf(outcome, stream)
        where count > 0
        select new Measurement<long>(count, new("model", model.Name), new("outcome", outcome.ToString()), new("stream", stream));

    /// <summary>Tokens used.</summary>
    public IEnumerable<Measurement<long>> Tokens() =>
        from model in models.Values.Append(other)
        from kind in model.TokenKinds
        where kind.Count > 0
        select new Measurement<long>(kind.Count, new("model", model.Name), new("kind", kind.Name));

    /// <summary>The counts of one model.</summary>
    /// <param name="name">Its label.</param>
    internal sealed class OfModel(string name)
    {
        private readonly long[] requests = new long[2 * (1 + (int)Outcomes.Max())];
        private long prompt;
        private long completion;
        private long thoughts;

        /// <summary>Its label.</summary>
        public string Name => name;

        /// <summary>Its tokens by kind.</summary>
        public IEnumerable<(string Name, long Count)> TokenKinds => [("prompt", Interlocked.Read(ref prompt)), ("completion", Interlocked.Read(ref completion)), ("thoughts", Interlocked.Read(ref thoughts))];

        /// <summary>How many requests ended so.</summary>
        public long RequestsOf(RequestOutcome outcome, bool stream) => Interlocked.Read(ref requests[Place(outcome, stream)]);

        /// <summary>Counts a request and its tokens.</summary>
        public void Add(RequestOutcome outcome, bool stream, TokenUsage? used)
        {
            Interlocked.Increment(ref requests[Place(outcome, stream)]);
            if (used is not null)
            {
                Interlocked.Add(ref prompt, used.Prompt + used.ToolUsePrompt);
                Interlocked.Add(ref completion, used.Completion);
                Interlocked.Add(ref thoughts, used.Thoughts);
            }
        }

        private static int Place(RequestOutcome outcome, bool stream) => (2 * (int)outcome) + (stream ? 1 : 0);
    }
}
