using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>The settings of the gateway in a browser.</summary>
public sealed class SettingsTests(Site site)
{
    [Fact]
    public async Task Settings_OfSeveralGroups_AreCheckedByFieldSavedTogetherAndRolledBack()
    {
        var before = site.Services.Settings.Versions.Count;
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/settings");
        await Assertions.Expect(visit.Page.GetByText("proxy: 2 of 2 replicas hold version")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.GetByText("Environment: 5")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.GetByText("File: 20 (on proxy-2)")).ToBeVisibleAsync();
        await visit.Page.GetByLabel("Strategy", new() { Exact = true }).SelectOptionAsync("least_used");
        await visit.Page.GetByLabel("Most attempts", new() { Exact = true }).FillAsync("11");
        await Assertions.Expect(visit.Page.GetByText("A whole number from 1 to 10 is needed.")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Review and save" })).ToBeDisabledAsync();
        await visit.Page.GetByLabel("Most attempts", new() { Exact = true }).FillAsync("5");

        // Another group of the page keeps what was changed in the first.
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Prompt injection" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByLabel("Strategy", new() { Exact = true })).ToHaveCountAsync(0);
        await visit.Page.GetByLabel("Before the user's text", new() { Exact = true }).FillAsync("Be <b>brief</b>.");
        await Assertions.Expect(visit.Page.GetByText("Unsaved changes: 3")).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Review and save" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog.GetByRole(AriaRole.Row, new() { Name = "Forwarding:MaximumAttempts Not set 5" })).ToBeVisibleAsync();
        await Assertions.Expect(dialog.GetByText("Be <b>brief</b>.")).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save (3)" }).ClickAsync();

        await Assertions.Expect(visit.Page.GetByText($"Saved as version {before + 1}")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.GetByText("Unsaved changes")).ToHaveCountAsync(0);
        var saved = site.Services.Settings.Versions[^1];
        Assert.Equal(("admin", 3), (saved.By, saved.Changes.Count));
        Assert.Equal(("least_used", "5"), (site.Services.Settings.Value("Balancing:Strategy"), site.Services.Settings.Value("Forwarding:MaximumAttempts")));

        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "History" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = $"Roll back to version {before}" }).ClickAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Row, new() { Name = "Forwarding:MaximumAttempts 5 Not set" })).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Roll back (3)" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText($"Rolled back to version {before}")).ToBeVisibleAsync();
        Assert.Equal(("round_robin", null), (site.Services.Settings.Value("Balancing:Strategy"), site.Services.Settings.Value("Forwarding:MaximumAttempts")));
        site.Services.Settings.Versions.RemoveRange(before, 2);
    }

    [Fact]
    public async Task Settings_ChangedByTwo_ShowBothValuesAndLoseNothing()
    {
        var before = site.Services.Settings.Versions.Count;
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/settings");
        await visit.Page.GetByLabel("Most attempts", new() { Exact = true }).FillAsync("4");
        await visit.Page.GetByLabel("Deadline (s)", new() { Exact = true }).FillAsync("90");
        site.Services.Settings.Save("ada", ("Forwarding:MaximumAttempts", "6"), ("Balancing:Adaptive:SuccessWeight", "0.9"));
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Review and save" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save (2)" }).ClickAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Row, new() { Name = "Forwarding:MaximumAttempts 6 4" })).ToBeVisibleAsync();
        Assert.Equal(before + 1, site.Services.Settings.Versions.Count);

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Keep mine and review" }).ClickAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Row, new() { Name = "Forwarding:MaximumAttempts 6 4" })).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save (2)" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText($"Saved as version {before + 2}")).ToBeVisibleAsync();
        Assert.Equal(("4", "90", "0.9"), (site.Services.Settings.Value("Forwarding:MaximumAttempts"), site.Services.Settings.Value("Forwarding:DeadlineSeconds"), site.Services.Settings.Value("Balancing:Adaptive:SuccessWeight")));

        // What does not fit together is told at the field, and nothing is saved.
        await visit.Page.GetByLabel("Unknown models", new() { Exact = true }).SelectOptionAsync("UseDefault");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Review and save" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save (1)" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator("[id='Models:Unknown-problem']")).ToContainTextAsync("only while Models:Default is set");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Take back the change of Unknown models" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator("[id='Models:Unknown-problem']")).ToHaveCountAsync(0);

        // A name of the operator's choice.
        var models = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Models", Exact = true });
        await visit.Page.GetByRole(AriaRole.Navigation, new() { Name = "Groups of settings" }).GetByRole(AriaRole.Link, new() { Name = "Models" }).ClickAsync();
        await models.GetByLabel("Name", new() { Exact = true }).FillAsync("gpt 4");
        await models.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText("A name without blanks")).ToBeVisibleAsync();
        await models.GetByLabel("Name", new() { Exact = true }).FillAsync("gpt-4.1");
        await models.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        await visit.Page.GetByLabel("Alias gpt-4.1", new() { Exact = true }).FillAsync("gemini-2.5-pro");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Review and save" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save (1)" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText($"Saved as version {before + 3}")).ToBeVisibleAsync();
        Assert.Equal("gemini-2.5-pro", site.Services.Settings.Value("Models:Aliases:gpt-4.1"));
        site.Services.Settings.Versions.RemoveRange(before, 3);
    }

    [Fact]
    public async Task Rollback_WhileSomebodyElseSaves_ShowsBothValuesBeforeItUndoesTheirs()
    {
        var before = site.Services.Settings.Versions.Count;
        site.Services.Settings.Save("ada", ("Forwarding:MaximumAttempts", "4"));
        site.Services.Settings.Save("ada", ("Forwarding:MaximumAttempts", "6"));
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/settings/versions");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = $"Roll back to version {before + 1}" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog.GetByRole(AriaRole.Row, new() { Name = "Forwarding:MaximumAttempts 6 4" })).ToBeVisibleAsync();
        site.Services.Settings.Save("bob", ("Forwarding:DeadlineSeconds", "90"));
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Roll back (1)" }).ClickAsync();

        await Assertions.Expect(dialog.GetByRole(AriaRole.Row, new() { Name = "Forwarding:DeadlineSeconds 90 Not set" })).ToBeVisibleAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Row, new() { Name = "Forwarding:MaximumAttempts" })).ToHaveCountAsync(0);
        Assert.Equal(before + 3, site.Services.Settings.Versions.Count);

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Keep mine and review" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Roll back (2)" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText($"Rolled back to version {before + 1}")).ToBeVisibleAsync();
        Assert.Equal(("4", null), (site.Services.Settings.Value("Forwarding:MaximumAttempts"), site.Services.Settings.Value("Forwarding:DeadlineSeconds")));
        site.Services.Settings.Versions.RemoveRange(before, 4);
    }

    [Fact]
    public async Task Page_WithChangesNotSaved_AsksBeforeItIsLeft()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/settings");
        await visit.Page.GetByLabel("Most attempts", new() { Exact = true }).FillAsync("4");
        await visit.Page.GetByText("Unsaved changes: 1").WaitForAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Audit" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByLabel("Most attempts", new() { Exact = true })).ToHaveValueAsync("4");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Audit" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Leave without saving" }).ClickAsync();
        await Assertions.Expect(visit.Page).ToHaveURLAsync(new Regex("/audit$"));
    }
}
