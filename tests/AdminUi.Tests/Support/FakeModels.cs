using GeminiBalance.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>The routes of the model catalogue and of prices over lists in memory.</summary>
public sealed class FakeModels
{
    private long version = 1;

    /// <summary>The catalogue.</summary>
    public List<ModelView> Models { get; } = [];

    /// <summary>Other names of models.</summary>
    public List<ModelAlias> Aliases { get; } = [];

    /// <summary>What models cost.</summary>
    public List<ModelPrice> Prices { get; } = [];

    /// <summary>How the upstream differs from the catalogue.</summary>
    public ModelDiff Diff { get; set; } = new("same", false, true, 0, [], [], [], [], []);

    /// <summary>Changes an alias as another operator would.</summary>
    public void SetAlias(string name, string model)
    {
        version++;
        Aliases.RemoveAll(alias => alias.Name == name);
        Aliases.Add(new ModelAlias(name, model, Models.Any(one => one.Name == model)));
    }

    internal void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/models", () => new ModelsView(version, TimeProvider.System.GetUtcNow().AddHours(-5), "admin", [.. Models], [.. Aliases.OrderBy(alias => alias.Name, StringComparer.Ordinal)]));
        app.MapPost("/models/sync", (SyncModels sync) => Sync(sync));
        app.MapPut("/models/aliases/{**alias}", (string alias, SetModelAlias set) =>
        {
            if (set.Version != version)
            {
                return Results.Problem("Somebody else changed settings meanwhile.", statusCode: StatusCodes.Status409Conflict, extensions: new Dictionary<string, object?> { ["code"] = "conflict" });
            }

            if (alias == set.Model)
            {
                return Results.Problem($"Models:Aliases:{alias} must be the name of a model: it leads back to itself.", statusCode: StatusCodes.Status400BadRequest, extensions: new Dictionary<string, object?> { ["code"] = "invalid_setting" });
            }

            SetAlias(alias, set.Model);
            return Results.Ok(Aliases.Find(one => one.Name == alias));
        });
        app.MapDelete("/models/aliases/{**alias}", (string alias) => Aliases.RemoveAll(one => one.Name == alias) > 0 ? Results.NoContent() : Results.NotFound());
        app.MapPost("/models/{name}/{action}", (string name, string action) => Change(name, model => model with { Enabled = action == "enable" }));
        app.MapPut("/models/{name}/fallbacks", (string name, SetModelFallbacks set) => Change(name, model => model with { Fallbacks = set.Models }));
        app.MapPut("/models/{name}/profile", (string name, SetModelProfile set) => Change(name, model => model with { Profile = set.Profile }));
        app.MapGet("/stats/prices", () => Prices.ToArray());
        app.MapPut("/stats/prices/{model}", (string model, PricePeriod[] periods, HttpContext context) =>
        {
            Prices.RemoveAll(price => price.Model == model);
            var price = new ModelPrice(model, periods, true, context.Request.Headers["x-gb-actor"].ToString(), TimeProvider.System.GetUtcNow());
            Prices.Add(price);
            return price;
        });
        app.MapDelete("/stats/prices/{model}", (string model) => Prices.RemoveAll(price => price.Model == model) > 0 ? Results.NoContent() : Results.NotFound());
    }

    private ModelDiff Sync(SyncModels sync)
    {
        if (sync.Preview)
        {
            return Diff;
        }

        var now = TimeProvider.System.GetUtcNow();
        Models.AddRange(Diff.Added.Select(model => new ModelView(model.Name, true, model, now, now, null, [], [], null, 12)));
        var removed = (IReadOnlyList<string>)[.. (sync.Remove ?? []).Intersect(Diff.Gone)];
        Models.RemoveAll(model => removed.Contains(model.Name));
        Models.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        var applied = Diff with { Applied = true, Removed = removed };
        Diff = new ModelDiff("same", false, true, Models.Count, [], [], [], [], []);
        return applied;
    }

    private IResult Change(string name, Func<ModelView, ModelView> change)
    {
        var index = Models.FindIndex(model => model.Name == name);
        if (index < 0)
        {
            return Results.NotFound();
        }

        version++;
        return Results.Ok(Models[index] = change(Models[index]));
    }
}
