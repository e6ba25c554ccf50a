using GeminiBalance.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>The routes of quota pools, imports and undoing over lists in memory.</summary>
internal static class FakePools
{
    public static void Map(IEndpointRouteBuilder app, FakeServices services)
    {
        MapPools(app, services.Pools);
        MapImports(app, services);
        app.MapGet("/keys/{id:guid}", (Guid id) => services.Keys.Find(key => key.Id == id) is { } key ? Results.Ok(key) : Results.NotFound());
        app.MapGet("/keys/{id:guid}/timeline", (Guid id) => new[]
        {
            new TimelineEntry(TimeProvider.System.GetUtcNow().AddMinutes(-2), "gb.key.health-changed.v1", "From Healthy to Forbidden (suspended): the upstream answered 403 (KeyForbidden).", "proxy-1"),
            new TimelineEntry(TimeProvider.System.GetUtcNow().AddDays(-2), "gb.key.added.v1", "Added to the pool, in project <b>project-a</b>.", "admin"),
        });
        app.MapPost("/transitions/undo", (UndoTransitions undo) => new UndoneTransitions(undo.DryRun, 2, 1,
        [
            new UndoneTransition(services.Keys[4].Id, null, null, KeyStatus.Forbidden, KeyStatus.Healthy),
            new UndoneTransition(null, "project:project-a", "gemini-2.5-pro", KeyStatus.Cooling, KeyStatus.Healthy),
        ]));
        app.MapGet("/keys/cleanup", () => new KeyCleanup(1, 0, [services.Keys[3]]));
        app.MapPost("/keys/cleanup", () => new KeyCleanup(1, 0, [services.Keys[3]]));
    }

    private static void MapPools(IEndpointRouteBuilder app, List<PoolView> all)
    {
        app.MapGet("/pools", (string? after, int limit) => new PoolPage([.. all.Take(limit)], null, all.Count));
        app.MapGet("/pools/one", (string pool) => all.Find(one => one.Pool == pool) is { } found ? Results.Ok(found) : Results.BadRequest());
        app.MapPut("/pools/project", (string pool, EditPool edit) => Change(pool, one => one with { Number = edit.Number, BillingAccount = edit.BillingAccount, Tier = edit.Tier }));
        app.MapPut("/pools/limits", (string pool, SetLimits set) => Change(pool, one => one with
        {
            Models = [.. one.Models.Where(model => model.Model != set.Model), new PoolModelView(set.Model, [new PoolMetricView(QuotaMetric.RequestsPerMinute, set.RequestsPerMinute, true, 0, TimeProvider.System.GetUtcNow().AddSeconds(30))], [])],
        }));
        app.MapPost("/pools/reset", (string pool, ResetQuota reset) => Change(pool, one => one with { Models = [.. one.Models.Select(model => model.Model == reset.Model ? model with { States = [] } : model)] }));

        IResult Change(string pool, Func<PoolView, PoolView> change)
        {
            var index = all.FindIndex(one => one.Pool == pool);
            return index < 0 ? Results.BadRequest() : Results.Ok(all[index] = change(all[index]));
        }
    }

    private static void MapImports(IEndpointRouteBuilder app, FakeServices services)
    {
        var all = services.Imports;
        var jobs = app.MapGroup("/keys/import-jobs");
        jobs.MapGet("", () => all.ToArray());
        jobs.MapGet("/{id:guid}", (Guid id) => all.Find(job => job.Id == id) is { } job ? Results.Ok(job) : Results.NotFound());
        jobs.MapGet("/{id:guid}/lines", (string? outcome) => new ImportLinePage([.. Samples.ImportLines.Where(line => outcome is null || line.Outcome.ToString() == outcome)], null));
        jobs.MapPost("", async (bool dryRun, HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            services.ImportedText = await reader.ReadToEndAsync();
            var job = new ImportJob(Guid.CreateVersion7(), ImportState.Running, "lines", dryRun, 4, 1, 1, 0, 0, context.Request.Headers["x-gb-actor"].ToString(), TimeProvider.System.GetUtcNow(), null, null, null, null);
            all.Insert(0, job);
            return Results.Accepted($"/keys/import-jobs/{job.Id}", job);
        });
        jobs.MapPost("/{id:guid}/{action}", (Guid id, string action) =>
        {
            var index = all.FindIndex(job => job.Id == id);
            return all[index] = all[index] with
            {
                State = action switch { "cancel" => ImportState.Cancelled, "resume" => ImportState.Running, _ => ImportState.Undone },
            };
        });
    }
}
