using System.Globalization;
using System.Text.Json;
using GeminiBalance.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.StatsService.Audit;

/// <summary>What entries are asked for; what is null is not narrowed.</summary>
internal sealed record AuditScope(AuditArea? Area, string? Kind, Guid? SubjectId, string? Actor, DateTimeOffset? From, DateTimeOffset? To, AuditPlace? After);

/// <summary>A place in the log, newest first: after the entry that happened then and has that id.</summary>
internal readonly record struct AuditPlace(DateTimeOffset At, Guid Id)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.UtcTicks:x}-{Id:N}");

    public static bool TryParse(string text, out AuditPlace place)
    {
        place = default;
        if (text.Split('-') is not [var ticks, var id]
            || !long.TryParse(ticks, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var utc) || utc < 0 || utc > DateTimeOffset.MaxValue.UtcTicks
            || !Guid.TryParseExact(id, "N", out var guid))
        {
            return false;
        }

        place = new AuditPlace(new DateTimeOffset(utc, TimeSpan.Zero), guid);
        return true;
    }
}

/// <summary>Pages of the audit log.</summary>
internal sealed class AuditQuery(NpgsqlDataSource source)
{
    public async Task<AuditPage> PageAsync(AuditScope scope, int limit, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand();
        var where = "true";
        Add("area =", scope.Area?.ToString());
        Add("kind =", scope.Kind);
        Add("subject_id =", scope.SubjectId);
        Add("actor =", scope.Actor);
        Add("at >=", scope.From, NpgsqlDbType.TimestampTz);
        Add("at <", scope.To, NpgsqlDbType.TimestampTz);
        if (scope.After is { } after)
        {
            command.Parameters.Add(new() { Value = after.At, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            command.Parameters.Add(new() { Value = after.Id });
            where += $" and (at, id) < (${command.Parameters.Count - 1}, ${command.Parameters.Count})";
        }

        command.Parameters.Add(new() { Value = limit + 1 });
        command.CommandText = $"select id, at, entry from {AuditLog.Qualified} where {where} order by at desc, id desc limit ${command.Parameters.Count}";
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var entries = new List<AuditEntry>();
        var last = default(AuditPlace);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (entries.Count == limit)
            {
                return new AuditPage(entries, last.ToString());
            }

            last = new AuditPlace(reader.GetFieldValue<DateTimeOffset>(1), reader.GetGuid(0));
            entries.Add(JsonSerializer.Deserialize(reader.GetString(2), ContractsJson.Default.AuditEntry)!);
        }

        return new AuditPage(entries, null);

        void Add(string condition, object? value, NpgsqlDbType? type = null)
        {
            if (value is not null)
            {
                var parameter = new NpgsqlParameter { Value = value };
                if (type is { } known)
                {
                    parameter.NpgsqlDbType = known;
                }

                command.Parameters.Add(parameter);
                where += $" and {condition} ${command.Parameters.Count}";
            }
        }
    }
}
