using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Views;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace GeminiBalance.StatsService.Usage;

/// <summary>Which requests are meant; what is null is not narrowed.</summary>
/// <param name="Model">The model asked for.</param>
/// <param name="KeyId">The upstream key.</param>
/// <param name="AccessKeyId">The access key.</param>
/// <param name="Outcome">The final outcome.</param>
/// <param name="Operation">What was asked for.</param>
internal sealed record UsageScope(string? Model = null, Guid? KeyId = null, Guid? AccessKeyId = null, RequestOutcome? Outcome = null, RequestOperation? Operation = null)
{
    /// <summary>Reads the query parameters <c>model</c>, <c>key</c>, <c>accessKey</c>, <c>outcome</c> and <c>operation</c>.</summary>
    public static (UsageScope? Scope, ProblemHttpResult? Problem) Read(string? model, string? key, string? accessKey, string? outcome, string? operation)
    {
        if (!Words.TryReadId(key, out var keyId))
        {
            return (null, BadParameter.Of("key", "must be the id of a key."));
        }

        if (!Words.TryReadId(accessKey, out var accessKeyId))
        {
            return (null, BadParameter.Of("accessKey", "must be the id of an access key."));
        }

        var (wanted, problem) = Words.ReadOptional<RequestOutcome>("outcome", outcome);
        if (problem is not null)
        {
            return (null, problem);
        }

        (var work, problem) = Words.ReadOptional<RequestOperation>("operation", operation);
        if (problem is not null)
        {
            return (null, problem);
        }

        return model is { Length: > 128 } || model?.Contains('\0', StringComparison.Ordinal) == true
            ? (null, BadParameter.Of("model", "must be the name of a model."))
            : (new UsageScope(model, keyId, accessKeyId, wanted, work), null);
    }

    /// <summary>The table that can answer; what is wrong when none can: keys, access keys and operations are counted apart, because their product would not be small.</summary>
    public (UsageTable? Table, ProblemHttpResult? Problem) TableFor(UsageGrouping? grouping = null)
    {
        var byOutcome = Outcome is not null || grouping == UsageGrouping.Outcome;
        var wanted = ((string Parameter, bool Narrowed, bool Grouped, UsageTable Table)[])
        [
            ("key", KeyId is not null, grouping == UsageGrouping.Key, byOutcome ? UsageTable.ByKey : UsageTable.KeyTotals),
            ("accessKey", AccessKeyId is not null, grouping == UsageGrouping.AccessKey, byOutcome ? UsageTable.ByAccessKey : UsageTable.AccessKeyTotals),
            ("operation", Operation is not null, grouping == UsageGrouping.Operation, UsageTable.ByOperation),
        ];
        var tables = wanted.Where(one => one.Narrowed || one.Grouped).ToArray();
        return tables.Length > 1
            ? (null, BadParameter.Of(
                tables.Last(one => one.Narrowed).Parameter,
                "cannot be joined with the rest: usage is counted by key, by access key and by operation apart. /stats/requests tells them together."))
            : (tables is [var only] ? only.Table : UsageTable.Totals, null);
    }

    /// <summary>Adds the conditions, and their parameters after those that are there.</summary>
    public string Where(NpgsqlParameterCollection parameters)
    {
        var where = "";
        Add("usage.model", Model);
        Add(UsageByKey.GroupColumn, KeyId);
        Add(UsageByAccessKey.GroupColumn, AccessKeyId);
        Add("outcome", Outcome?.ToString());
        Add(UsageByOperation.GroupColumn, Operation?.ToString());
        return where;

        void Add(string column, object? value)
        {
            if (value is not null)
            {
                parameters.Add(new() { Value = value });
                where += $" and {column} = ${parameters.Count}";
            }
        }
    }
}
