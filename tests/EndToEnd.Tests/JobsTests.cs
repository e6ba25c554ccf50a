using GeminiBalance.AdminUi.Tests.Support;
using GeminiBalance.Contracts;
using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>Jobs in a browser.</summary>
public sealed class JobsTests(Site site)
{
    [Fact]
    public async Task Job_RunNow_ShowsItsStateUntilItsEnd_AndAServiceThatIsAway()
    {
        var (keyHealth, stats) = (site.Services.KeyHealthJobs, site.Services.StatsJobs);
        site.Services.KeyHealthJobs = new FakeJobs(new JobStatus("cleanup", false, null, null, null, null));
        try
        {
            await using var visit = await site.SignedInAsync();
            await visit.OpenAsync("/jobs");
            var row = visit.Page.Locator("tr[data-job=cleanup]");
            await Assertions.Expect(row).ToContainTextAsync("Not run yet");
            await Assertions.Expect(visit.Page.Locator("tr[data-job=retention]")).ToContainTextAsync("The database does not answer.");

            await row.GetByRole(AriaRole.Button, new() { Name = "Run now: Cleanup of dead keys" }).ClickAsync();
            await Assertions.Expect(row.Locator(".gb-badge")).ToContainTextAsync("Running");
            await Assertions.Expect(row.GetByRole(AriaRole.Button)).ToBeDisabledAsync();
            await Assertions.Expect(row).ToContainTextAsync("by admin");
            Assert.Contains(("admin", "POST /jobs/cleanup/runs"), site.Services.Acts);

            site.Services.KeyHealthJobs.End("cleanup", true, "Retired 2 dead keys.");
            await Assertions.Expect(row).ToContainTextAsync("Retired 2 dead keys.", new() { Timeout = 30_000 });
            await Assertions.Expect(row.GetByRole(AriaRole.Button)).ToBeEnabledAsync();
            await Assertions.Expect(visit.Page.GetByRole(AriaRole.Status).Filter(new() { HasText = "Cleanup of dead keys has ended." })).ToHaveCountAsync(1);

            site.Services.StatsDown = true;
            await Assertions.Expect(visit.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync(new() { Timeout = 30_000 });
            await Assertions.Expect(row).ToBeVisibleAsync();
            await Assertions.Expect(visit.Page.Locator("tr[data-job=retention]")).ToHaveCountAsync(0);
        }
        finally
        {
            site.Services.StatsDown = false;
            (site.Services.KeyHealthJobs, site.Services.StatsJobs) = (keyHealth, stats);
        }
    }
}
