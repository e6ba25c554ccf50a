using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Usage;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.StatsService.Requests;

/// <summary>Conditions on the facts in the table of events.</summary>
internal static class FactConditions
{
    /// <summary>Events that are facts and fit the scope; adds the parameters after those that are there. A key fits when it was tried.</summary>
    public static string Of(UsageScope scope, NpgsqlParameterCollection parameters)
    {
        var where = StoredFacts.AreFacts;
        Add("modelAsked", scope.Model);
        Add("accessKeyId", scope.AccessKeyId?.ToString());
        Add("outcome", scope.Outcome?.ToString());
        Add("operation", scope.Operation?.ToString());
        if (scope.KeyId is { } key)
        {
            parameters.Add(new() { Value = $"\"{key}\"", NpgsqlDbType = NpgsqlDbType.Jsonb });
            parameters.Add(new() { Value = $$"""[{"keyId":"{{key}}"}]""", NpgsqlDbType = NpgsqlDbType.Jsonb });
            where += $" and (data->'tried' @> ${parameters.Count - 1} or data->'attempts' @> ${parameters.Count})";
        }

        return where;

        void Add(string field, string? value)
        {
            if (value is not null)
            {
                parameters.Add(new() { Value = value });
                where += $" and data->>'{field}' = ${parameters.Count}";
            }
        }
    }
}
