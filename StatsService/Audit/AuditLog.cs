using GeminiBalance.StatsService.Store;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Audit;

/// <summary>The audit log as a table. Its rows are written with their events, in one transaction, so that the log is never behind; it can be made anew from the events.</summary>
internal static class AuditLog
{
    /// <summary>The table's name.</summary>
    public const string TableName = "audit_log";

    /// <summary>The table's name with its schema.</summary>
    public const string Qualified = $"{StoreSchema.Name}.{TableName}";

    /// <summary>Adds changes that are new.</summary>
    public const string Insert = $"""
        insert into {Qualified} (id, at, area, kind, subject_id, subject, actor, entry)
        select id, at, area, kind, nullif(subject_id, '00000000-0000-0000-0000-000000000000'), subject, actor, entry::jsonb
        from unnest(?, ?, ?, ?, ?, ?, ?, ?) as change (id, at, area, kind, subject_id, subject, actor, entry)
        on conflict (id) do nothing
        """;

    /// <summary>Makes the rows from the events, in the form of <see cref="Insert"/>; the target's name takes the place of <c>{0}</c>.</summary>
    public const string Rebuild = $$"""
        insert into {0} (id, at, area, kind, subject_id, subject, actor, entry)
        select id, (data->'change'->>'at')::timestamptz, data->>'area', data->'change'->>'kind', (data->'change'->>'subjectId')::uuid,
            data->'change'->>'subject', data->'change'->>'actor', data
        from {{StoreSchema.Name}}.mt_events where type = '{{EventNames.DomainChanged}}'
        """;

    /// <summary>The table.</summary>
    public static Table Table { get; } = Build();

    private static Table Build()
    {
        var table = new Table(Qualified);
        table.AddColumn("id", "uuid").AsPrimaryKey();
        table.AddColumn("at", "timestamp with time zone").NotNull().AddIndex();
        table.AddColumn("area", "text").NotNull();
        table.AddColumn("kind", "text").NotNull();
        table.AddColumn("subject_id", "uuid").AddIndex();
        table.AddColumn("subject", "text").NotNull();
        table.AddColumn("actor", "text").NotNull();
        table.AddColumn("entry", "jsonb").NotNull();
        return table;
    }
}
