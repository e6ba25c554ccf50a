using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.ServiceDefaults.Storage;
using Npgsql;
using StackExchange.Redis;

namespace GeminiBalance.KeyHealthService.Publishing;

/// <summary>Brings limits and use of the quota pools to the proxies, about once a second, so that they know what is left before the upstream refuses.</summary>
internal sealed partial class QuotaPump(NpgsqlDataSource database, QuotaReader quotas, IConnectionMultiplexer redis, TimeProvider time, ILogger<QuotaPump> log) : BackgroundService
{
    private const long Lock = 0x6762_7175_6f74;

    /// <summary>The field of <see cref="PoolRedisKeys.Quotas"/> that says which store the others come from.</summary>
    private const string EpochField = "epoch";

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);

    /// <summary>Rows become visible after they were written; looking back this far misses none, and repeats a few.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(3);

    /// <summary>Publishes what changed since the last round, or everything when Redis holds another store's quotas, or none.</summary>
    /// <returns>How many quotas were written.</returns>
    public async Task<int> PublishAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await ScalarAsync<bool>(transaction, $"select pg_try_advisory_xact_lock({Lock}), {PostgresKeepAlive.Columns}", cancellation) is false)
        {
            return 0;
        }

        var epoch = await ScalarAsync<Guid>(transaction, "select epoch from keys.pool", cancellation);
        var cache = redis.GetDatabase();
        var whole = (string?)await cache.HashGetAsync(PoolRedisKeys.Quotas, EpochField) != epoch.ToString();
        var changed = whole ? null : await ChangedAsync(transaction, cancellation);
        if (changed is { Length: 0 })
        {
            return 0;
        }

        var found = await quotas.ReadAsync(changed, cancellation);
        await WriteAsync(cache, epoch, found, whole);
        await using var done = new NpgsqlCommand("update keys.pool set quotas_published_at = clock_timestamp()", connection, transaction);
        await done.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return found.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await PublishAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(e.GetType().Name);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Round, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The pools whose limits or use changed lately.</summary>
    private static async Task<string[]> ChangedAsync(NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            with since as (select coalesce(quotas_published_at, '-infinity') - $1 moment from keys.pool)
            select coalesce(array_agg(pool), '{}') from (
                select u.pool from keys.quota_use u, since where u.changed_at > since.moment and u.pool in (select l.pool from keys.mt_doc_quota_limits l)
                union
                select l.pool from keys.mt_doc_quota_limits l, since where l.mt_last_modified > since.moment) changed
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = Overlap });
        return (string[])(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task WriteAsync(IDatabase cache, Guid epoch, List<PoolQuota> found, bool whole)
    {
        var transaction = cache.CreateTransaction();
        var done = new List<Task>();
        if (whole)
        {
            done.Add(transaction.KeyDeleteAsync(PoolRedisKeys.Quotas));
        }

        HashEntry[] entries =
        [
            new(EpochField, epoch.ToString()),
            .. found.Where(quota => quota.Windows.Count > 0).Select(quota => new HashEntry(FieldOf(quota), JsonSerializer.SerializeToUtf8Bytes(quota, ContractsJson.Default.PoolQuota))),
        ];
        done.Add(transaction.HashSetAsync(PoolRedisKeys.Quotas, entries));
        done.Add(transaction.HashDeleteAsync(PoolRedisKeys.Quotas, [.. found.Where(quota => quota.Windows.Count == 0).Select(quota => (RedisValue)FieldOf(quota))]));
        done.Add(transaction.PublishAsync(
            RedisChannel.Literal(PoolRedisKeys.QuotaChanges), JsonSerializer.SerializeToUtf8Bytes(new PoolQuotaChange(epoch, found), ContractsJson.Default.PoolQuotaChange)));
        await transaction.ExecuteAsync();
        await Task.WhenAll(done);
    }

    private static string FieldOf(PoolQuota quota) => $"{quota.Pool}\n{quota.Model}";

    private static async Task<T> ScalarAsync<T>(NpgsqlTransaction transaction, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        return (T)(await command.ExecuteScalarAsync(cancellation))!;
    }

    [LoggerMessage(1, LogLevel.Warning, "Quotas could not be published ({Problem}); the next round tries again.")]
    private partial void LogFailed(string problem);
}
