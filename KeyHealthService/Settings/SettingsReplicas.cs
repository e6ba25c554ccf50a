using System.Text.Json;
using GeminiBalance.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.KeyHealthService.Settings;

/// <summary>A report of a replica, and when it came.</summary>
internal sealed record ToldSettings(SettingsReport Report, DateTimeOffset At);

/// <summary>What the replicas that apply settings tell of them. It lies in the database, since any replica of this service may be asked.</summary>
internal sealed class SettingsReplicas(NpgsqlDataSource database, TimeProvider time)
{
    private const int LongestName = 200;
    private const int MostLayers = 10_000;

    /// <summary>Whoever has not told for so long is gone: replicas tell every 15 seconds.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>Whether a report can be one.</summary>
    public static bool IsSound(SettingsReport report) =>
        report is { Service.Length: > 0 and <= LongestName, Replica.Length: > 0 and <= LongestName, Beneath.Count: <= MostLayers }
        && report.Beneath.All(layer => layer is { Name: not null, Value: not null, Source: not null });

    /// <summary>Keeps the newest report of a replica, and forgets those of replicas long gone.</summary>
    public async Task HearAsync(SettingsReport report, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            with gone as (delete from keys.settings_replicas where at < $3 - interval '1 hour')
            insert into keys.settings_replicas (service, replica, at, report) values ($1, $2, $3, $4)
            on conflict (service, replica) do update set at = excluded.at, report = excluded.report
            """);
        command.Parameters.Add(new() { Value = report.Service });
        command.Parameters.Add(new() { Value = report.Replica });
        command.Parameters.Add(new() { Value = time.GetUtcNow(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(report, ContractsJson.Default.SettingsReport), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The reports of all replicas that are there, by service and name.</summary>
    public async Task<IReadOnlyList<ToldSettings>> ReadAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select at, report from keys.settings_replicas where at > $1 order by service, replica");
        command.Parameters.Add(new() { Value = time.GetUtcNow() - Fresh, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var told = new List<ToldSettings>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            told.Add(new ToldSettings(JsonSerializer.Deserialize(rows.GetString(1), ContractsJson.Default.SettingsReport)!, rows.GetFieldValue<DateTimeOffset>(0)));
        }

        return told;
    }
}
