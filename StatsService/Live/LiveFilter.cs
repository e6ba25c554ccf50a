using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Microsoft.AspNetCore.Http.HttpResults;

namespace GeminiBalance.StatsService.Live;

/// <summary>Which requests a listener wants to hear of; what is null is not narrowed.</summary>
/// <param name="Usage">The model asked for, the access key and the outcome.</param>
/// <param name="Operation">What was asked for.</param>
internal sealed record LiveFilter(UsageScope Usage, RequestOperation? Operation)
{
    private static readonly string[] Names = ["model", "accessKey", "outcome", "operation"];

    /// <summary>Lets everything through, also what is no request.</summary>
    public static LiveFilter All { get; } = new(new UsageScope(), null);

    /// <summary>Reads the query parameters. One that is not known is refused: left out of account, it would let more through than was wanted.</summary>
    public static (LiveFilter? Filter, ProblemHttpResult? Problem) Read(IQueryCollection query)
    {
        foreach (var (name, values) in query)
        {
            if (!Names.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                return (null, BadParameter.Of(name, $"is not known here; there are {string.Join(", ", Names)}."));
            }

            if (values.Count > 1 || string.IsNullOrEmpty(values))
            {
                return (null, BadParameter.Of(name, "must have one value."));
            }
        }

        var (usage, problem) = UsageScope.Read(One("model"), null, One("accessKey"), One("outcome"));
        if (usage is null)
        {
            return (null, problem);
        }

        (var operation, problem) = Words.ReadOptional<RequestOperation>("operation", One("operation"));
        return problem is null ? (new LiveFilter(usage, operation), null) : (null, problem);

        string? One(string name) => query.TryGetValue(name, out var value) ? value.ToString() : null;
    }
}
