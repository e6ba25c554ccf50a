namespace GeminiBalance.KeyHealthService.Store;

/// <summary>The schema of this service, and the tables beside Marten's. They hold what is no history: secrets, appointments, and what still has to be published.</summary>
internal static class Tables
{
    public const string Schema = "keys";

    /// <summary>The index of <see cref="Indexes"/>.</summary>
    public const string AccessKeyHashIndex = "mt_events_access_key_hash";

    /// <summary>Which events hold the hash of an access key. Written as it is in the index, so that the index serves it.</summary>
    public const string HoldsAccessKeyHash = "type in ('gb.access-key.created.v1', 'gb.access-key.rotated.v1')";

    /// <summary>Indexes of our own over Marten's tables, to be made once these are there. Safe to run again.</summary>
    public const string Indexes = $"create index if not exists {AccessKeyHashIndex} on keys.mt_events ((data ->> 'hash')) where {HoldsAccessKeyHash};";

    /// <summary>Safe to run again, and over any earlier version.</summary>
    public const string Definition =
        """
        create schema if not exists keys;

        create table if not exists keys.secrets (
            key_id uuid primary key,
            fingerprint text not null,
            key_version integer not null,
            data text not null);
        create unique index if not exists secrets_fingerprint on keys.secrets (fingerprint);

        create table if not exists keys.probes (
            key_id uuid primary key,
            last_checked_at timestamptz,
            next_check_at timestamptz);
        create index if not exists probes_due on keys.probes (next_check_at) where next_check_at is not null;

        create table if not exists keys.pool_outbox (
            id bigint generated always as identity primary key,
            kind text not null,
            subject uuid not null);

        create table if not exists keys.inbox (
            message_id uuid primary key,
            at timestamptz not null);
        create index if not exists inbox_at on keys.inbox (at);

        create table if not exists keys.imports (
            id uuid primary key,
            state text not null,
            format text not null,
            dry_run boolean not null,
            total integer not null default 0,
            processed integer not null default 0,
            added integer not null default 0,
            duplicates integer not null default 0,
            rejected integer not null default 0,
            by text not null,
            created_at timestamptz not null,
            finished_at timestamptz,
            problem text,
            epoch uuid,
            sequence bigint,
            attempts integer not null default 0,
            claimed_until timestamptz);
        alter table keys.imports add column if not exists disabled boolean not null default false;

        create table if not exists keys.import_lines (
            job_id uuid not null references keys.imports (id) on delete cascade,
            ordinal integer not null,
            line integer not null,
            key_id uuid,
            fingerprint text,
            key_version integer not null,
            data text,
            mask text,
            label text,
            project text,
            tier text,
            tags text,
            outcome text,
            reason text,
            primary key (job_id, ordinal));
        create index if not exists import_lines_open on keys.import_lines (job_id, ordinal) where outcome is null;

        create table if not exists keys.untold (
            id bigint generated always as identity primary key,
            event_id uuid not null,
            batch uuid,
            noted_at timestamptz not null default clock_timestamp());
        create index if not exists untold_batch on keys.untold (batch);

        create table if not exists keys.usage_inbox (
            message_id uuid primary key,
            at timestamptz not null);
        create index if not exists usage_inbox_at on keys.usage_inbox (at);

        create table if not exists keys.quota_use (
            pool text not null,
            model text not null,
            minute timestamptz not null,
            minute_requests bigint not null,
            minute_tokens bigint not null,
            day date not null,
            day_requests bigint not null,
            day_tokens bigint not null,
            succeeded_at timestamptz,
            changed_at timestamptz not null,
            primary key (pool, model));
        create index if not exists quota_use_changed on keys.quota_use (changed_at);

        create table if not exists keys.failing (
            outcome text not null,
            key_id uuid not null,
            at timestamptz not null,
            primary key (outcome, key_id));

        create table if not exists keys.alarms (
            outcome text primary key,
            alarm_id uuid not null,
            since timestamptz not null,
            until timestamptz not null,
            failing integer not null,
            serving integer not null);

        create table if not exists keys.setting_secrets (
            id uuid primary key,
            key_version integer not null,
            data text not null);

        create table if not exists keys.settings_replicas (
            service text not null,
            replica text not null,
            at timestamptz not null,
            report jsonb not null,
            primary key (service, replica));

        alter table keys.probes add column if not exists probed_at timestamptz;
        alter table keys.probes add column if not exists bad_checks integer not null default 0;
        alter table keys.probes add column if not exists good_at timestamptz;

        create table if not exists keys.pool (
            only_row boolean primary key default true check (only_row),
            epoch uuid not null,
            sequence bigint not null,
            check_version integer,
            check_data text);
        alter table keys.pool add column if not exists quotas_published_at timestamptz;
        """;
}
