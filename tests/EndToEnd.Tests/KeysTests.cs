using System.Text.RegularExpressions;
using GeminiBalance.Contracts;
using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>Keys in a browser.</summary>
public sealed class KeysTests(Site site)
{
    [Fact]
    public async Task Import_OfMixedLines_ReportsEachAndShowsNoKey()
    {
        const string key = "AQ.Ab8RN6Jtestonlytestonlytestonly01";
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/keys?limit=25");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Keys").FillAsync($"{key}\nnot a key\n{key}\n");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
        await Assertions.Expect(dialog.GetByText("1 added, 1 duplicates, 1 not keys.")).ToBeVisibleAsync();
        await Assertions.Expect(dialog.Locator("tbody tr")).ToHaveCountAsync(3);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-grid code").First).ToHaveTextAsync("AQ.A…ly01");

        Assert.DoesNotContain(key, await visit.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.Contains(("admin", "POST /keys/imports"), site.Services.Acts);
        site.Services.Keys.RemoveAt(0);
    }

    [Fact]
    public async Task Import_OfALongText_GoesOnAsAJob_AndAnEndlessOneIsRefused()
    {
        var text = string.Join('\n', Enumerable.Range(0, 4_000).Select(number => $"AQ.Ab8RN6Jtestonlytestonlytestonly{number:0000000},label {number}"));
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/keys?limit=25");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Keys").PasteAsync(new string('x', (16 * 1024 * 1024) + 1));
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
        await Assertions.Expect(dialog.GetByText("The text is larger than 16 MiB.")).ToBeVisibleAsync();

        await dialog.GetByLabel("Keys").PasteAsync(text);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
        await Assertions.Expect(visit.Page).ToHaveURLAsync(new Regex("/imports/[0-9a-f-]{36}$"));
        await Assertions.Expect(visit.Page.GetByText("1 / 4")).ToBeVisibleAsync();
        Assert.Equal(text, site.Services.ImportedText);
        site.Services.Imports.RemoveAt(0);
    }

    [Fact]
    public async Task Dialog_LeftByGoingBack_ClosesAndThePageBeforeGoesOn()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/access-keys");
        await visit.Page.Locator(".gb-rail a[href='/keys']").ClickAsync();
        await LeaveAsync("Keys", "Import");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Create access key" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();

        await visit.OpenAsync("/keys");
        await visit.Page.Locator(".gb-rail a[href='/access-keys']").ClickAsync();
        await LeaveAsync("Access keys", "Create access key");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();

        async Task LeaveAsync(string page, string button)
        {
            await Assertions.Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = page, Exact = true, Level = 1 })).ToBeVisibleAsync();
            await visit.Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();
            await Assertions.Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
            await visit.Page.GoBackAsync();
            await Assertions.Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task Key_DisabledAndDeletedByKeyboard_IsGone()
    {
        var key = AdminUi.Tests.Support.Samples.Key(KeyStatus.Healthy, 4_000) with { Label = "by keyboard" };
        site.Services.Keys.Insert(0, key);
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/keys?q=by%20keyboard");

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = $"Disable {key.Mask}" }).PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator(".gb-grid .gb-badge")).ToHaveTextAsync(new Regex("Disabled"));

        var opener = visit.Page.GetByRole(AriaRole.Button, new() { Name = $"Delete {key.Mask}" });
        await opener.PressAsync("Enter");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Assertions.Expect(opener).ToBeFocusedAsync();

        await opener.PressAsync("Enter");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete 1 key" }).PressAsync("Enter");
        await Assertions.Expect(visit.Page.GetByText("No key matches this filter.")).ToBeVisibleAsync();
        Assert.DoesNotContain(site.Services.Keys, left => left.Id == key.Id);
    }

    [Fact]
    public async Task States_Shown_HaveWordAndReason_AndHostileLabelIsText()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/keys");
        var row = visit.Page.Locator(".gb-grid tr", new() { HasText = "Suspended by Google" });
        await Assertions.Expect(row.Locator(".gb-badge")).ToHaveTextAsync(new Regex("Forbidden"));
        await Assertions.Expect(row).ToContainTextAsync("HTTP 403");
        await Assertions.Expect(visit.Page.GetByText("<img src=x onerror=alert(1)>")).ToHaveCountAsync(1);
        Assert.Equal(0, await visit.Page.Locator("img").CountAsync());
    }

    [Fact]
    public async Task Keys_Empty_OfferTheImport()
    {
        var kept = site.Services.Keys.ToList();
        site.Services.Keys.Clear();
        try
        {
            await using var visit = await site.SignedInAsync();
            await visit.OpenAsync("/keys");
            await visit.Page.Locator(".gb-empty").GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
            await Assertions.Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        }
        finally
        {
            site.Services.Keys.AddRange(kept);
        }
    }
}
