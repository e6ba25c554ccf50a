using System.Text.RegularExpressions;
using GeminiBalance.AdminUi.Tests.Support;
using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>The overview in a browser: exact, live, and honest when a service is gone.</summary>
public sealed class OverviewTests(Site site)
{
    [Fact]
    public async Task Tiles_WithNewRequests_RiseByThemselvesAndPauseHoldsThem()
    {
        site.Services.Counts = _ => Samples.None with { Requests = 2, Succeeded = 2, TotalTokens = 10 };
        try
        {
            await using var visit = await site.SignedInAsync();
            await visit.OpenAsync("/?range=6h");
            var requests = visit.Page.Locator(".gb-tile dd").First;
            Assert.Equal("48", (await requests.TextContentAsync())!.Trim());

            site.Services.Counts = _ => Samples.None with { Requests = 3, Succeeded = 3, TotalTokens = 10 };
            site.Services.Tick();
            await Assertions.Expect(requests).ToHaveTextAsync("72", new() { Timeout = 3_000 });

            await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
            await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).WaitForAsync();
            site.Services.Counts = _ => Samples.None with { Requests = 4, Succeeded = 4, TotalTokens = 10 };
            site.Services.Tick();
            await Assertions.Expect(visit.Page.Locator(".gb-missed")).ToHaveTextAsync("+24 new");
            Assert.Equal("72", (await requests.TextContentAsync())!.Trim());

            await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
            await Assertions.Expect(requests).ToHaveTextAsync("96");
        }
        finally
        {
            site.Services.Counts = Samples.Busy;
        }
    }

    [Fact]
    public async Task StatsGone_ItsPanelsSaySoAndHealByRetry_KeysStayUsable()
    {
        site.Services.StatsDown = true;
        try
        {
            await using var visit = await site.SignedInAsync();
            await visit.OpenAsync("/");
            await Assertions.Expect(visit.Page.GetByText("The statistics service answered with an error").First).ToBeVisibleAsync();
            await Assertions.Expect(visit.Page.Locator(".gb-pool a").First).ToBeVisibleAsync();

            site.Services.StatsDown = false;
            await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Retry" }).First.ClickAsync();
            await Assertions.Expect(visit.Page.Locator(".gb-tile dd").First).Not.ToHaveTextAsync("—");
        }
        finally
        {
            site.Services.StatsDown = false;
        }
    }

    [Fact]
    public async Task Lag_OfViews_ShowsInTheChip()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/");
        var chip = visit.Page.Locator(".gb-fresh");
        site.Services.LagSeconds = 6;
        try
        {
            site.Services.Tick();
            await Assertions.Expect(chip).ToHaveAttributeAsync("data-state", "late");
            await Assertions.Expect(chip).ToContainTextAsync("6 s behind");
        }
        finally
        {
            site.Services.LagSeconds = 0.4;
        }

        site.Services.Tick();
        await Assertions.Expect(chip).ToHaveAttributeAsync("data-state", "live");
    }

    [Fact]
    public async Task PoolState_Clicked_OpensThoseKeysAndReloadKeepsThem()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/");
        await visit.Page.Locator(".gb-pool a", new() { HasText = "Forbidden" }).ClickAsync();
        await Assertions.Expect(visit.Page).ToHaveURLAsync(new Regex("/keys\\?status=Forbidden$"));
        await Assertions.Expect(visit.Page.Locator(".gb-grid .gb-badge")).ToHaveCountAsync(1);
        await visit.Page.ReloadAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-grid .gb-badge")).ToHaveTextAsync(new Regex("Forbidden"));
        await visit.Page.GoBackAsync();
        await Assertions.Expect(visit.Page.Locator("h1")).ToHaveTextAsync("Overview");
    }
}
