namespace GeminiBalance.KeyHealthService.Store;

/// <summary>The schema of this service, and the tables beside Marten's. They hold what is no history: secrets, appointments, and what still has to be published.</summary>
internal static class Tables
{
    public const string Schema = "keys";

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

        create table if not exists keys.pool (
            only_row boolean primary key default true check (only_row),
            epoch uuid not null,
            sequence bigint not null,
            check_version integer,
            check_data text);
        """;
}
