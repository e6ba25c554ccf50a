using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Audit;
using Marten;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Costs;

/// <summary>The prices in force: those that operators set, and those that came with the product for all other models.</summary>
internal sealed partial class PriceBook(NpgsqlDataSource source, AuditStore audit, TimeProvider time, ILogger<PriceBook> logger)
{
    private const string Changed = "gb.price.set.v1";

    private const string Reset = "gb.price.reset.v1";

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

    /// <summary>Sets the prices of a model; its usage of all times costs that from now on. The audit log says what they were before.</summary>
    public async Task<ModelPrice> SetAsync(string model, IReadOnlyList<PricePeriod> periods, string actor, CancellationToken cancellation)
    {
        var price = new ModelPrice(model, periods, true, actor, time.GetUtcNow());
        var json = Text(price);
        await TellAsync(
            Changed,
            await FindAsync(model, cancellation).ConfigureAwait(false),
            price,
            actor,
            operations => operations.QueueSqlCommand(
                $"""
                insert into {Qualified} (model, periods, set_by, set_at) values (?, ?::jsonb, ?, ?)
                on conflict (model) do update set periods = excluded.periods, set_by = excluded.set_by, set_at = excluded.set_at
                """,
                model,
                json,
                actor,
                price.SetAt!.Value),
            cancellation).ConfigureAwait(false);
        return price;
    }

    /// <summary>Takes back what an operator set. The audit log says what it was.</summary>
    /// <returns>Whether anything was set.</returns>
    public async Task<bool> ResetAsync(string model, string actor, CancellationToken cancellation)
    {
        if (await FindAsync(model, cancellation).ConfigureAwait(false) is not { Custom: true } before)
        {
            return false;
        }

        var shipped = PriceTable.Shipped.FirstOrDefault(price => price.Model == model);
        await TellAsync(Reset, before, shipped, actor, operations => operations.QueueSqlCommand($"delete from {Qualified} where model = ?", model), cancellation).ConfigureAwait(false);
        return true;
    }

    private async Task<ModelPrice?> FindAsync(string model, CancellationToken cancellation) =>
        (await AllAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(price => price.Model == model);

    /// <summary>Makes a change and notes it, both or neither.</summary>
    private async Task TellAsync(string kind, ModelPrice? before, ModelPrice? after, string actor, Action<IDocumentOperations> change, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        DomainChange told = new(Guid.CreateVersion7(now), null, (after ?? before)!.Model, kind, now, actor, "prices", Said(before), Said(after));
        if ((await audit.StoreAsync(told.Id, AuditArea.Models, [told], cancellation, change).ConfigureAwait(false)).Count > 0)
        {
            throw new InvalidOperationException("The store takes no such change of a price.");
        }

        static Dictionary<string, string>? Said(ModelPrice? price) => price is null ? null : new(StringComparer.Ordinal) { ["periods"] = Text(price) };
    }

    private static string Text(ModelPrice price) => JsonSerializer.Serialize(price.Periods.ToArray(), ContractsJson.Default.PricePeriodArray);

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
