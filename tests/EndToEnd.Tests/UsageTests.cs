using System.Globalization;
using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>Usage, requests and the audit log in a browser.</summary>
public sealed class UsageTests(Site site)
{
    [Fact]
    public async Task Table_SumsToItsTotal_AndTheFileHoldsTheSameFigures()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/usage?by=Model&measure=requests&range=24h");
        var rows = visit.Page.Locator(".gb-figures").First.Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(4);

        var sum = 0L;
        foreach (var row in await rows.AllAsync())
        {
            sum += Number(await row.Locator("td").First.TextContentAsync());
        }

        Assert.Equal(Number(await visit.Page.Locator(".gb-figures tfoot td").First.TextContentAsync()), sum);
        var download = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.GetByRole(AriaRole.Link, new() { Name = "CSV" }).ClickAsync());
        var file = await File.ReadAllBytesAsync(await download.PathAsync());
        Assert.Equal([0xEF, 0xBB, 0xBF], file[..3]);
        var lines = System.Text.Encoding.UTF8.GetString(file[3..]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(sum, lines.Skip(1).Sum(line => long.Parse(line.Split(',')[1], CultureInfo.InvariantCulture)));
        Assert.Contains(lines, line => line.StartsWith("'=1+1,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Grouping_IsInTheAddress_AndNamesWhatItShows()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/usage");
        await visit.Page.GetByLabel("Group by").SelectOptionAsync("AccessKey");

        await Assertions.Expect(visit.Page.Locator(".gb-figures tbody").GetByText("ci-bot")).ToBeVisibleAsync();
        Assert.Contains("by=AccessKey", visit.Page.Url, StringComparison.Ordinal);
        await visit.Page.ReloadAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-figures tbody").GetByText("ci-bot")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Keys_WhoseNamesNobodyTells_AreNotCalledDeleted()
    {
        var id = site.Services.Keys[0].Id.ToString("N")[..8];
        site.Services.KeyHealthDown = true;
        try
        {
            await using var visit = await site.SignedInAsync();
            await visit.OpenAsync("/usage?by=Key");
            await Assertions.Expect(visit.Page.Locator(".gb-figures tbody").GetByText(id, new() { Exact = true }).First).ToBeVisibleAsync();
            Assert.Equal(0, await visit.Page.GetByText("deleted (").CountAsync());
        }
        finally
        {
            site.Services.KeyHealthDown = false;
        }
    }

    [Fact]
    public async Task Request_TellsItsStory()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/requests?outcome=Succeeded");
        await Assertions.Expect(visit.Page.Locator(".gb-figures tbody tr")).ToHaveCountAsync(1);
        await visit.Page.Locator(".gb-figures tbody td:first-child a").ClickAsync();

        await Assertions.Expect(visit.Page.Locator(".gb-attempts li")).ToHaveCountAsync(2);
        await Assertions.Expect(visit.Page.Locator(".gb-attempts li").First).ToContainTextAsync("RESOURCE_EXHAUSTED");
        await Assertions.Expect(visit.Page.GetByText("Strategy adaptive: 112 keys could serve, 8 were kept out.")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.GetByText("6 × cooling")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Audit_ShowsWhoChangedWhat_AsText()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/audit?area=Settings");

        await Assertions.Expect(visit.Page.GetByText("value: round_robin → <b>adaptive</b>")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.Locator(".gb-table tbody tr")).ToHaveCountAsync(1);
    }

    private static long Number(string? text) => long.Parse(text!.Trim(), NumberStyles.AllowThousands, CultureInfo.GetCultureInfo("en"));
}
