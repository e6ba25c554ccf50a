using GeminiBalance.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>The routes of access keys over a list in memory.</summary>
internal static class FakeAccessKeys
{
    public static void Map(IEndpointRouteBuilder app, FakeServices services)
    {
        var all = services.AccessKeys;
        app.MapGet("/access-keys/page", (string? q, string? after, int limit) =>
        {
            var matching = all.Where(key => q is null || $"{key.Name} {key.Owner} {key.Prefix}".Contains(q, StringComparison.OrdinalIgnoreCase)).ToList();
            var items = matching.SkipWhile(key => after is not null && key.Id.ToString() != after).Skip(after is null ? 0 : 1).ToList();
            return new AccessKeyPage([.. items.Take(limit)], items.Count > limit ? items[limit - 1].Id.ToString() : null, matching.Count);
        });
        app.MapGet("/access-keys/{id:guid}", (Guid id) => all.Find(key => key.Id == id) is { } key ? Results.Ok(key) : Results.NotFound());
        app.MapPost("/access-keys", (CreateAccessKey create) =>
        {
            var view = new AccessKeyView(
                Guid.CreateVersion7(), create.Name, "sk-gb-Ab12", true, TimeProvider.System.GetUtcNow(), create.ExpiresAt, 1, create.Owner, create.Note, create.Tags, create.Models, create.Addresses, create.Limits);
            all.Insert(0, view);
            return new CreatedAccessKey(view, Samples.NewAccessKey, new Guid("0e0c0000-0000-7000-8000-000000000001"), 1);
        });
        app.MapPost("/access-keys/imports", async (HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            services.ImportedText = await reader.ReadToEndAsync();
            return new AccessKeyImportResult(2, 1, ["item 4: a token must have 8 to 256 characters"]);
        });
        app.MapPut("/access-keys/{id:guid}", (Guid id, EditAccessKey edit) =>
        {
            var index = all.FindIndex(key => key.Id == id);
            return all[index].Version != edit.Version
                ? Results.Problem("Somebody else changed the access key meanwhile.", statusCode: StatusCodes.Status409Conflict, extensions: new Dictionary<string, object?> { ["code"] = "conflict", ["current"] = all[index] })
                : Results.Ok(all[index] = all[index] with
                {
                    Version = edit.Version + 1,
                    Name = edit.Name,
                    ExpiresAt = edit.ExpiresAt,
                    Owner = edit.Owner,
                    Note = edit.Note,
                    Tags = edit.Tags,
                    Models = edit.Models,
                    Addresses = edit.Addresses,
                    Limits = edit.Limits,
                });
        });
        app.MapPost("/access-keys/{id:guid}/rotate", (Guid id, RotateAccessKey rotate) =>
        {
            var index = all.FindIndex(key => key.Id == id);
            all[index] = all[index] with { OldKeyUntil = TimeProvider.System.GetUtcNow().AddSeconds(rotate.OverlapSeconds ?? 0), Version = all[index].Version + 1 };
            return new CreatedAccessKey(all[index], Samples.NewAccessKey, new Guid("0e0c0000-0000-7000-8000-000000000001"), 1);
        });
        app.MapPost("/access-keys/{id:guid}/{action}", (Guid id, string action) =>
        {
            var index = all.FindIndex(key => key.Id == id);
            return all[index] = all[index] with
            {
                Enabled = action == "enable",
                RevokedAt = action == "revoke" ? TimeProvider.System.GetUtcNow() : null,
                Version = all[index].Version + 1,
            };
        });
        app.MapDelete("/access-keys/{id:guid}", (Guid id) =>
        {
            all.RemoveAll(key => key.Id == id);
            return Results.NoContent();
        });
    }
}
