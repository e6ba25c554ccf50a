using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Costs;

/// <summary>What tokens cost: <c>GET /stats/prices</c>, <c>PUT</c> and <c>DELETE /stats/prices/{model}</c>.</summary>
internal static class CostsModule
{
    private const int LongestModel = 128;

    private const int MostPeriods = 100;

    public static IServiceCollection AddCosts(this IServiceCollection services) => services
        .AddSingleton(new StoreTable(PriceBook.Table))
        .AddSingleton<PriceBook>();

    public static RouteGroupBuilder MapCosts(this RouteGroupBuilder stats)
    {
        stats.MapGet("/prices", async (PriceBook book, CancellationToken cancellation) =>
            TypedResults.Ok(await book.AllAsync(cancellation).ConfigureAwait(false)));
        stats.MapPut("/prices/{model}", SetAsync);
        stats.MapDelete("/prices/{model}", async (string model, HttpContext context, PriceBook book, CancellationToken cancellation) =>
            await book.ResetAsync(model, context.Actor(), cancellation).ConfigureAwait(false) ? Results.NoContent() : Results.NotFound());
        return stats;
    }

    private static async Task<IResult> SetAsync(string model, HttpContext context, PriceBook book, CancellationToken cancellation)
    {
        if (model.Length > LongestModel || model.Any(char.IsControl))
        {
            return BadParameter.Of("model", $"must be a name of at most {LongestModel} characters.");
        }

        PricePeriod[]? periods;
        try
        {
            periods = await context.Request.ReadFromJsonAsync(ContractsJson.Default.PricePeriodArray, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return BadParameter.Of("periods", "must be a JSON array of {from, to, rates: {input, output, cached, inputAudio, outputAudio}, longPrompt}.");
        }

        if (periods?.Length > MostPeriods)
        {
            return BadParameter.Of("periods", $"has {periods.Length} periods; at most {MostPeriods} are kept.");
        }

        return PriceTable.Fault(periods) is { } fault
            ? BadParameter.Of("periods", fault)
            : TypedResults.Ok(await book.SetAsync(model, periods!, context.Actor(), cancellation).ConfigureAwait(false));
    }
}
