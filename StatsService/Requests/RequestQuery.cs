using System.Buffers.Binary;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Costs;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Npgsql;

namespace GeminiBalance.StatsService.Requests;

/// <summary>Which requests are listed.</summary>
internal sealed record RequestScope(TimeRange Range, UsageScope Usage, int? Status, Guid? After);

/// <summary>
/// Reads requests from their events. Their ids are made in the order of time, so the index that keeps them unique also lists them by time:
/// no further copy of every request is kept.
/// </summary>
internal sealed class RequestQuery(NpgsqlDataSource source, PriceBook prices)
{
    private const int TimeoutSeconds = 5;

    private static readonly string Story = $"select data, stream_id, timestamp from {StoreSchema.Name}.mt_events where id = $1 and {StoredFacts.AreFacts}";

    /// <summary>A page, newest first; null when the search takes too long.</summary>
    public async Task<RequestPage?> PageAsync(RequestScope scope, int limit, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand();
        command.CommandTimeout = TimeoutSeconds;
        var parameters = command.Parameters;
        var where = FactConditions.Of(scope.Usage, parameters);
        Add("id >=", FirstIdAt(scope.Range.From));
        Add("id <", FirstIdAt(scope.Range.To));
        Add("id <", scope.After);
        Add("(data->>'status')::int =", scope.Status);
        parameters.Add(new() { Value = limit + 1 });
        command.CommandText = $"select data from {StoreSchema.Name}.mt_events where {where} order by id desc limit ${parameters.Count}";
        try
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            var items = new List<RequestFact>();
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                items.Add(StoredFacts.Read(reader.GetString(0)));
            }

            if (items.Count <= limit)
            {
                return new RequestPage(items, null);
            }

            items.RemoveAt(limit);
            return new RequestPage(items, items[^1].Id);
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException)
        {
            return null;
        }

        void Add(string condition, object? value)
        {
            if (value is not null)
            {
                parameters.Add(new() { Value = value });
                where += $" and {condition} ${parameters.Count}";
            }
        }
    }

    /// <summary>One request; null when it is not known.</summary>
    public async Task<RequestStory?> StoryAsync(Guid id, CancellationToken cancellation)
    {
        RequestFact fact;
        Guid batchId;
        DateTimeOffset storedAt;
        await using (var command = source.CreateCommand(Story))
        {
            command.Parameters.Add(new() { Value = id });
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            if (!await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                return null;
            }

            fact = StoredFacts.Read(reader.GetString(0));
            (batchId, storedAt) = (reader.GetGuid(1), reader.GetFieldValue<DateTimeOffset>(2));
        }

        return new RequestStory(fact, PriceTable.CostOf(fact, await prices.AllAsync(cancellation).ConfigureAwait(false)), batchId, storedAt);
    }

    /// <summary>The smallest id that can be made at a moment.</summary>
    internal static Guid FirstIdAt(DateTimeOffset moment)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, moment.ToUnixTimeMilliseconds() << 16);
        return new Guid(bytes, bigEndian: true);
    }
}
