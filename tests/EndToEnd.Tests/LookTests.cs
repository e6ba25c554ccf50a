using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>Every page and dialog in both themes, both languages, wide and narrow: accessible, within its width, without a complaint of the browser.</summary>
public sealed class LookTests(Site site)
{
    private static readonly AxeRunOptions Rules = new()
    {
        RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
    };

    /// <summary>All eight looks; the usual run has each language, theme and width twice, and the long one the rest.</summary>
    public static IEnumerable<TheoryDataRow<string, string, int>> Looks()
    {
        foreach (var language in new[] { "en", "zh-Hans" })
        {
            foreach (var theme in new[] { "light", "dark" })
            {
                foreach (var width in new[] { 1280, 360 })
                {
                    var usual = (language == "en") ^ (theme == "light") ^ (width == 1280);
                    var look = new TheoryDataRow<string, string, int>(language, theme, width);
                    yield return usual ? look : look.WithTrait("Suite", "Full");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task Pages_InThisLook_AreAccessibleAndFit(string language, string theme, int width)
    {
        await using var visit = await site.SignedInAsync(language, theme, width);
        foreach (var path in new[] { "/", "/keys?limit=25", $"/keys/{site.Services.Keys[4].Id}", "/pools", "/imports", $"/imports/{site.Services.Imports[^1].Id}", "/access-keys", $"/access-keys/{site.Services.AccessKeys[0].Id}", "/usage", "/requests", $"/requests/{site.Services.Requests[0].Id}", "/jobs", "/audit", "/models", "/settings", "/settings/versions?from=1", "/not-found" })
        {
            await visit.OpenAsync(path);
            await CheckAsync(visit.Page, path, language, theme, width);
        }

        await visit.Page.GotoAsync("/account/password");
        await CheckAsync(visit.Page, "/account/password", language, theme, width);

        await visit.OpenAsync("/keys?status=Forbidden");
        await visit.Page.Locator(".gb-page-actions button").First.ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).WaitForAsync();
        await CheckAsync(visit.Page, "/import", language, theme, width);

        foreach (var (path, number, name) in new[] { ("/keys?limit=25", 2, "/undo"), ("/keys?limit=25", 3, "/cleanup"), ("/imports", 0, "/start-import") })
        {
            await visit.OpenAsync(path);
            await visit.Page.Locator(".gb-page-actions button").Nth(number).ClickAsync();
            await visit.Page.GetByRole(AriaRole.Dialog).WaitForAsync();
            await CheckAsync(visit.Page, name, language, theme, width);
        }

        await visit.OpenAsync("/pools");
        await visit.Page.Locator(".gb-pool-card-head button").First.ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).WaitForAsync();
        await CheckAsync(visit.Page, "/project", language, theme, width);

        await visit.OpenAsync("/access-keys");
        await visit.Page.Locator(".gb-page-actions button").First.ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).WaitForAsync();
        await CheckAsync(visit.Page, "/create", language, theme, width);
        await visit.Page.Locator("#access-name").FillAsync($"look {language} {theme} {width}");
        await visit.Page.Locator(".gb-form button[type=submit]").ClickAsync();
        await visit.Page.Locator(".gb-copy").First.WaitForAsync();
        await CheckAsync(visit.Page, "/created", language, theme, width);
        site.Services.AccessKeys.RemoveAll(key => key.Name.StartsWith("look ", StringComparison.Ordinal));

        foreach (var (button, name) in new[] { (".gb-page-actions button", "/models-sync"), (".gb-row-actions button >> nth=3", "/models-profile"), (".gb-row-actions button >> nth=4", "/models-price"), (".gb-panel-head button", "/models-alias") })
        {
            await visit.OpenAsync("/models");
            await visit.Page.Locator(button).First.ClickAsync();
            await visit.Page.GetByRole(AriaRole.Dialog).Locator(".gb-dialog-actions button").Nth(1).WaitForAsync();
            await CheckAsync(visit.Page, name, language, theme, width);
        }

        await visit.OpenAsync("/settings?group=Forwarding");
        await visit.Page.Locator("[id='Forwarding:MaximumAttempts']").FillAsync("99");
        await visit.Page.Locator(".gb-field-error").WaitForAsync();
        await visit.Page.Locator("[id='Forwarding:DeadlineSeconds']").FillAsync("60");

        // Where the whole page fits, the bar lies over nothing and nothing under the head.
        var height = visit.Page.ViewportSize!.Height;
        await visit.Page.SetViewportSizeAsync(width, 4000);
        await CheckAsync(visit.Page, "/settings-changed", language, theme, width);
        await visit.Page.SetViewportSizeAsync(width, height);
        await visit.Page.Locator("[id='Forwarding:MaximumAttempts']").FillAsync("9");
        await visit.Page.Locator(".gb-save-bar button").Last.ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).WaitForAsync();
        await CheckAsync(visit.Page, "/settings-save", language, theme, width);

        await using var stranger = await site.VisitAsync(language, theme, width);
        await stranger.Page.GotoAsync("/login");
        await CheckAsync(stranger.Page, "/login", language, theme, width);
        await stranger.Page.GotoAsync("/my-usage");
        await CheckAsync(stranger.Page, "/my-usage", language, theme, width);
        await stranger.Page.Locator("#key").FillAsync(AdminUi.Tests.Support.FakeGateway.HolderKey);
        await stranger.Page.Locator("form button[type=submit]").Last.ClickAsync();
        await stranger.Page.Locator(".gb-facts").WaitForAsync();
        Assert.DoesNotContain("?", stranger.Page.Url, StringComparison.Ordinal);
        await CheckAsync(stranger.Page, "/my-usage/shown", language, theme, width);
    }

    private static async Task CheckAsync(IPage page, string name, string language, string theme, int width)
    {
        if (Environment.GetEnvironmentVariable("GB_SCREENSHOTS") is { Length: > 0 } folder)
        {
            name = System.Text.RegularExpressions.Regex.Replace(name, "[0-9a-f-]{36}", "one");
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name.Split('?')[0].Trim('/').Replace('/', '-')}-{language}-{theme}-{width}.png"), FullPage = true });
        }

        Assert.Equal(language, await page.Locator("html").GetAttributeAsync("lang"));
        Assert.Equal(1, await page.Locator("h1").CountAsync());
        Assert.Equal(1, await page.Locator("main").CountAsync());
        Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{name} scrolls sideways at {width} px.");
        var result = await page.RunAxe(Rules);
        Assert.True(result.Violations.Length == 0, $"{name}: " + string.Join("; ", result.Violations.Select(violation => $"{violation.Id}: {string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}")));
    }
}
