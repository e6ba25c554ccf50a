using System.Text.RegularExpressions;
using GeminiBalance.Contracts;
using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>What operators do when something went wrong: undo, quotas, imports as jobs.</summary>
public sealed class RepairTests(Site site)
{
    [Fact]
    public async Task Undo_OfOneKey_BringsItsStateBackAndTheTimelineIsText()
    {
        var key = AdminUi.Tests.Support.Samples.Key(KeyStatus.Forbidden, 5_000) with { UndoTo = KeyStatus.Healthy };
        site.Services.Keys.Add(key);
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync($"/keys/{key.Id}");
        await Assertions.Expect(visit.Page.GetByText("in project <b>project-a</b>")).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Undo last transition" }).ClickAsync();

        await Assertions.Expect(visit.Page.Locator(".gb-facts .gb-badge")).ToHaveTextAsync(new Regex("Healthy"));
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Undo last transition" })).ToBeDisabledAsync();
        Assert.Contains(("admin", $"POST /keys/{key.Id}/undo"), site.Services.Acts);
        site.Services.Keys.RemoveAll(one => one.Id == key.Id);
    }

    [Fact]
    public async Task Undo_ByCause_IsShownBeforeItIsDone()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/keys");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Undo by cause…" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Cause").FillAsync("KeyForbidden");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await Assertions.Expect(dialog.GetByText("2 keys and 1 quotas would be brought back.")).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Undo 3" }).ClickAsync();
        await Assertions.Expect(dialog.GetByText("2 keys and 1 quotas were brought back.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Limits_OfAPool_AreSetAndAnExhaustedModelServesAgain()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/pools?pool=project:project-a");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Serve gemini-2.5-pro of project-a again now" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-pool-card .gb-badge")).ToHaveCountAsync(0);

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Set a limit of project-a" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Model").FillAsync("gemini-3-flash-preview");
        await dialog.GetByLabel("Requests per minute", new() { Exact = true }).FillAsync("77");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Row, new() { Name = "gemini-3-flash-preview" })).ToContainTextAsync("0 / 77");
    }

    [Fact]
    public async Task Import_AsAJob_IsFollowedCancelledAndUndone()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/imports");
        await visit.Page.Locator(".gb-page-actions").GetByRole(AriaRole.Button, new() { Name = "Start an import" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.Locator("#job-text").FillAsync("AQ.Ab8RN6Jtestonlytestonlytestonly02");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Start an import" }).ClickAsync();
        await Assertions.Expect(visit.Page).ToHaveURLAsync(new Regex("/imports/[0-9a-f-]{36}$"));
        await Assertions.Expect(visit.Page.GetByText("1 / 4")).ToBeVisibleAsync();

        site.Services.Imports[0] = site.Services.Imports[0] with { Processed = 3, Added = 3 };
        await Assertions.Expect(visit.Page.GetByText("3 / 4")).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-facts .gb-badge")).ToHaveTextAsync(new Regex("Cancelled"));
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Undo import" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Remove 3 keys" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-facts .gb-badge")).ToHaveTextAsync(new Regex("Undone"));
        site.Services.Imports.RemoveAt(0);
    }
}
