using System.Text.Json;
using GeminiBalance.Contracts;
using Npgsql;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Costs;

/// <summary>The prices in force: those that operators set, and those that came with the product for all other models.</summary>
internal sealed partial class PriceBook(NpgsqlDataSource source, TimeProvider time, ILogger<PriceBook> logger)
{
    private const string TableName = "model_prices";

    private const string Qualified = $"{StoreSchema.Name}.{TableName}";

    /// <summary>What was found wrong at the last look, by model: said once, not at every question that has a price in it.</summary>
    private Dictionary<string, string> faults = [];

    /// <summary>The table of the prices operators set.</summary>
    public static Table Table { get; } = BuildTable();

    /// <summary>All prices. One that is stored but cannot be used is listed with its fault: its model's price is unknown, not the shipped one, and all others hold.</summary>
    public async Task<IReadOnlyList<ModelPrice>> AllAsync(CancellationToken cancellation)
    {
        var prices = PriceTable.Shipped.ToDictionary(price => price.Model, StringComparer.Ordinal);
        var found = new Dictionary<string, string>();
        await using var command = source.CreateCommand($"select model, periods, set_by, set_at from {Qualified}");
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var model = reader.GetString(0);
            var (periods, fault) = Read(reader.GetString(1));
            prices[model] = new ModelPrice(model, periods, true, reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3), fault);
            if (fault is not null)
            {
                found[model] = fault;
            }
        }

        foreach (var (model, fault) in found.Except(Interlocked.Exchange(ref faults, found)))
        {
            LogUnusable(logger, model, fault);
        }

        return [.. prices.Values.OrderBy(price => price.Model, StringComparer.Ordinal)];
    }

    public async Task<PriceTable> TableAsync(CancellationToken cancellation) => new(await AllAsync(cancellation).ConfigureAwait(false));

    /// <summary>Sets the prices of a model; its usage of all times costs that from now on.</summary>
    public async Task<ModelPrice> SetAsync(string model, IReadOnlyList<PricePeriod> periods, string actor, CancellationToken cancellation)
    {
        var price = new ModelPrice(model, periods, true, actor, time.GetUtcNow());
        await using var command = source.CreateCommand($"""
            insert into {Qualified} (model, periods, set_by, set_at) values ($1, $2, $3, $4)
            on conflict (model) do update set periods = excluded.periods, set_by = excluded.set_by, set_at = excluded.set_at
            """);
        command.Parameters.Add(new() { Value = model });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(periods.ToArray(), ContractsJson.Default.PricePeriodArray), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = actor });
        command.Parameters.Add(new() { Value = price.SetAt, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        return price;
    }

    /// <summary>Takes back what an operator set.</summary>
    /// <returns>Whether anything was set.</returns>
    public async Task<bool> ResetAsync(string model, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"delete from {Qualified} where model = $1");
        command.Parameters.Add(new() { Value = model });
        return await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false) > 0;
    }

    private static (IReadOnlyList<PricePeriod> Periods, string? Fault) Read(string json)
    {
        try
        {
            var periods = JsonSerializer.Deserialize(json, ContractsJson.Default.PricePeriodArray);
            return PriceTable.Fault(periods) is { } fault ? ([], fault) : (periods!, null);
        }
        catch (JsonException)
        {
            return ([], "is no list of periods.");
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The price set for {Model} cannot be used, so its cost is unknown: it {Fault}")]
    private static partial void LogUnusable(ILogger logger, string model, string fault);

    private static Table BuildTable()
    {
        var table = new Table(Qualified);
        table.AddColumn("model", "text").AsPrimaryKey();
        table.AddColumn("periods", "jsonb").NotNull();
        table.AddColumn("set_by", "text").NotNull();
        table.AddColumn("set_at", "timestamp with time zone").NotNull();
        return table;
    }
}
