using System.Text.RegularExpressions;
using GeminiBalance.Contracts;
using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>Access keys in a browser.</summary>
public sealed class AccessKeysTests(Site site)
{
    [Fact]
    public async Task AccessKey_Created_IsShownOnceAndCopiedWithoutClipboard()
    {
        await using var visit = await site.SignedInAsync();
        await visit.Page.AddInitScriptAsync("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
        await visit.OpenAsync("/access-keys");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Create access key" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Name").FillAsync("browser test");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        var field = dialog.GetByLabel("Access key browser test", new() { Exact = true });
        await Assertions.Expect(field).ToHaveValueAsync(AdminUi.Tests.Support.Samples.NewAccessKey);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Copy: Access key browser test" }).ClickAsync();
        await Assertions.Expect(dialog.GetByText(new Regex("^(Copied|Selected\\. Press Ctrl\\+C to copy\\.)$"))).ToBeVisibleAsync();
        await Assertions.Expect(dialog.Locator("textarea").First).ToHaveValueAsync(new Regex("https://gateway\\.example\\.org/v1/chat/completions"));

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText("browser test")).ToHaveCountAsync(1);
        Assert.DoesNotContain(AdminUi.Tests.Support.Samples.NewAccessKey, await visit.Page.ContentAsync(), StringComparison.Ordinal);
        site.Services.AccessKeys.RemoveAll(key => key.Name == "browser test");
    }

    [Fact]
    public async Task Tokens_OfALongText_ArriveWhole()
    {
        var text = string.Join('\n', Enumerable.Range(0, 4_000).Select(number => $"token-of-another-gateway-{number:000000}-0123456789"));
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/access-keys");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Import tokens" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.Locator("#tokens-text").PasteAsync(text);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Import tokens" }).ClickAsync();

        await Assertions.Expect(dialog.GetByText("2 added, 1 known already, 1 not taken.")).ToBeVisibleAsync();
        Assert.Equal(text, site.Services.ImportedText);
    }

    [Fact]
    public async Task AccessKey_EditedByTwo_ShowsBothValuesAndSavesTheReviewedOne()
    {
        var now = TimeProvider.System.GetUtcNow();
        var key = new AccessKeyView(Guid.CreateVersion7(), "shared", "sk-gb-Sh4r", true, now, null, 1, Owner: "ada");
        site.Services.AccessKeys.Insert(0, key);
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/access-keys?q=shared");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Edit shared" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Models", new() { Exact = true }).FillAsync("gemini-2.5-*");
        await dialog.GetByLabel("Requests per minute").FillAsync("60");
        await dialog.GetByLabel("US dollars per month").FillAsync("12.5");
        site.Services.AccessKeys[0] = key with { Owner = "bob", Version = 2 };
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();

        await Assertions.Expect(dialog.GetByRole(AriaRole.Row, new() { Name = "Owner bob ada" })).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Keep mine and review" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText("models: gemini-2.5-*")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.GetByText("60 requests/min")).ToBeVisibleAsync();
        Assert.Equal(new AccessKeyLimits(RequestsPerMinute: 60, CostPerMonth: 12.5m), site.Services.AccessKeys[0].Limits);
        Assert.Equal(("ada", 3), (site.Services.AccessKeys[0].Owner, site.Services.AccessKeys[0].Version));

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Rotate shared" }).ClickAsync();
        await dialog.GetByLabel("The present key goes on working for").SelectOptionAsync("3600");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Make a new key" }).ClickAsync();
        await Assertions.Expect(dialog.GetByLabel("Access key shared", new() { Exact = true })).ToHaveValueAsync(AdminUi.Tests.Support.Samples.NewAccessKey);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText("old key ends")).ToBeVisibleAsync();

        // A second rotation within the overlap says what it ends.
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Rotate shared" }).ClickAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("stops working at once");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Revoke shared" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Revoke 1 access key" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-grid .gb-badge")).ToHaveTextAsync(new Regex("Revoked"));
        Assert.Contains(("admin", $"POST /access-keys/{key.Id}/revoke"), site.Services.Acts);
        site.Services.AccessKeys.RemoveAll(one => one.Id == key.Id);
    }

    [Fact]
    public async Task AccessKey_Opened_TellsItsTermsBudgetsUsageAndHistory()
    {
        var now = TimeProvider.System.GetUtcNow();
        var key = new AccessKeyView(
            Guid.CreateVersion7(), "detail", "sk-gb-D3t4", true, now, null, 1, Owner: "ada", Models: ["gemini-2.5-*"], Limits: new AccessKeyLimits(RequestsPerMinute: 60, TokensPerDay: 1_000, CostPerMonth: 1_000_000));
        site.Services.AccessKeys.Insert(0, key);
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/access-keys?q=detail");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "detail", Exact = true }).ClickAsync();

        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "detail", Level = 1 })).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.GetByText("gemini-2.5-*")).ToBeVisibleAsync();
        var tokens = visit.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "1,000" }).First;
        await Assertions.Expect(tokens.Locator("[data-tone=bad]")).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "History" }).GetByText("requestsPerMinute: 30 → 60")).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Disable" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-facts .gb-badge")).ToHaveTextAsync(new Regex("Disabled"));
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "All requests" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByText("Access key: detail")).ToBeVisibleAsync();
        await visit.Page.GetByTitle("Show every access key").ClickAsync();
        await Assertions.Expect(visit.Page).ToHaveURLAsync(new Regex("/requests$"));
        site.Services.AccessKeys.RemoveAll(one => one.Id == key.Id);
    }
}
