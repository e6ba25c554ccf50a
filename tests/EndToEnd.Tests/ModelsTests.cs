using System.Text.RegularExpressions;
using GeminiBalance.Contracts;
using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>The model catalogue in a browser. The pages of other tests show the same catalogue: what is changed here is put back, whatever happens.</summary>
public sealed class ModelsTests(Site site) : IDisposable
{
    private readonly ModelView[] models = [.. site.Services.Models.Models];
    private readonly ModelAlias[] aliases = [.. site.Services.Models.Aliases];
    private readonly ModelPrice[] prices = [.. site.Services.Models.Prices];
    private readonly ModelDiff diff = site.Services.Models.Diff;

    public void Dispose()
    {
        PutBack(site.Services.Models.Models, models);
        PutBack(site.Services.Models.Aliases, aliases);
        PutBack(site.Services.Models.Prices, prices);
        site.Services.Models.Diff = diff;
    }

    [Fact]
    public async Task Sync_IsShownBeforeItIsTakenOver_AndRemovesOnlyWhatWasChosen()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/models");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sync with Google" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog.GetByText("New: 1")).ToBeVisibleAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Row, new() { Name = "gemini-2.5-flash outputTokenLimit 65536 32768" })).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Checkbox, new() { Name = "Remove gemini-1.5-pro" }).CheckAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Take over" }).ClickAsync();

        await Assertions.Expect(visit.Page.GetByText("The catalogue was brought up to date")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-grid").GetByText("gemini-3-ultra-preview", new() { Exact = true })).ToBeVisibleAsync();
        Assert.DoesNotContain(site.Services.Models.Models, model => model.Name == "gemini-1.5-pro");
        Assert.Contains(("admin", "POST /models/sync"), site.Services.Acts);
    }

    [Fact]
    public async Task Model_IsDisabledNamedReplacedAndPriced()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/models");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Disable gemini-2.5-pro" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Enable gemini-2.5-pro" })).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Disabled") }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-grid").GetByText("gemini-2.5-flash", new() { Exact = true })).ToHaveCountAsync(0);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Enable gemini-2.5-pro" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^All") }).ClickAsync();

        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Add an alias of gemini-2.5-pro" }).ClickAsync();
        await dialog.GetByLabel("Name that clients ask for").FillAsync("gpt-4.1");
        site.Services.Models.SetAlias("other", "gemini-2.5-flash");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText("gpt-4.1 leads to gemini-2.5-pro")).ToBeVisibleAsync();

        // Two operators change the same alias.
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Edit the alias gpt-4.1" }).ClickAsync();
        await dialog.GetByLabel("Model they get").FillAsync("gemini-2.5-flash");
        site.Services.Models.SetAlias("gpt-4.1", "gemini-2.5-flash-lite");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(dialog.GetByText("gemini-2.5-flash-lite. Saving again takes its place.")).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText("gpt-4.1 leads to gemini-2.5-flash", new() { Exact = true })).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete the alias gpt-4.1" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete the alias", Exact = true }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText("The alias gpt-4.1 was deleted")).ToBeVisibleAsync();

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Models in place of gemini-2.5-pro" }).ClickAsync();
        await dialog.GetByLabel("Models, in order").FillAsync("gemini-2.5-flash\ngemini-2.5-flash-lite");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-grid").GetByText("then gemini-2.5-flash", new() { Exact = true })).ToBeVisibleAsync();
        Assert.Equal(["gemini-2.5-flash", "gemini-2.5-flash-lite"], site.Services.Models.Models.Single(model => model.Name == "gemini-2.5-pro").Fallbacks);

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Behaviour of gemini-2.5-pro" }).ClickAsync();
        await dialog.GetByLabel("Thinking of gemini-2.5-pro", new() { Exact = true }).SelectOptionAsync("level");
        await dialog.GetByLabel("gemini-2.5-pro ignores sampling").SelectOptionAsync("true");
        await dialog.GetByLabel("Largest budget of gemini-2.5-pro").FillAsync("24576");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText("The behaviour of gemini-2.5-pro was saved")).ToBeVisibleAsync();
        Assert.Equal(new ModelProfileOverride(Thinking: "level", MaximumBudget: 24_576, IgnoresSampling: true), site.Services.Models.Models.Single(model => model.Name == "gemini-2.5-pro").Profile);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Behaviour of gemini-2.5-pro" }).ClickAsync();
        await Assertions.Expect(dialog.GetByLabel("Largest budget of gemini-2.5-pro")).ToHaveValueAsync("24576");
        await Assertions.Expect(dialog.GetByLabel("gemini-2.5-pro ignores sampling")).ToHaveValueAsync("true");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Price of gemini-2.5-pro" }).ClickAsync();
        await dialog.GetByLabel("Output", new() { Exact = true }).FillAsync("12.5");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-grid").GetByText("$1.25 / $12.5")).ToBeVisibleAsync();
        Assert.Equal(("admin", 12.5), (site.Services.Models.Prices.Single(price => price.Model == "gemini-2.5-pro").SetBy, site.Services.Models.Prices.Single(price => price.Model == "gemini-2.5-pro").Periods[0].Rates.Output));
    }

    [Fact]
    public async Task Dialog_LeavesTheFocusToWhoWritesInIt()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/models");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Price of gemini-2.5-pro" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog.GetByLabel("From (UTC)")).ToBeFocusedAsync();
        var output = dialog.GetByLabel("Output", new() { Exact = true });
        await output.FocusAsync();

        await visit.Page.EvaluateAsync("Radzen.focusFirstFocusableElement(document.querySelector('.rz-dialog-content'))");

        await Assertions.Expect(output).ToBeFocusedAsync();
    }

    private static void PutBack<T>(List<T> now, T[] before)
    {
        now.Clear();
        now.AddRange(before);
    }
}
