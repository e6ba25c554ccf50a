using Microsoft.Playwright;
using Xunit;

namespace GeminiBalance.Integration.Tests.Browser;

/// <summary>One browser for the tests that sit at the operator's desk.</summary>
public sealed class OperatorBrowser : IAsyncLifetime
{
    private const float Patience = 60_000;

    private IPlaywright? playwright;
    private IBrowser? browser;
    private string? session;

    public async ValueTask InitializeAsync()
    {
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        });
        Assertions.SetDefaultExpectTimeout(Patience);
    }

    /// <summary>A page on which <c>admin</c> is signed in.</summary>
    /// <param name="address">Address of AdminUi.</param>
    public async Task<IPage> SignedInAsync(Uri address)
    {
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions { BaseURL = address.ToString(), Locale = "en-US", TimezoneId = "UTC", StorageState = session });
        context.SetDefaultTimeout(Patience);
        var page = await context.NewPageAsync();
        if (session is null)
        {
            await page.GotoAsync("/login");
            await page.Locator("#name").FillAsync("admin");
            await page.Locator("#password").FillAsync(GatewayFixture.AdminPassword);
            await page.Locator("form button.gb-button").ClickAsync();

            // The answer that leads there brings the session; whether that page has loaded all it shows is of no matter.
            await page.WaitForURLAsync("**/account/password**", new PageWaitForURLOptions { WaitUntil = WaitUntilState.Commit });
            session = await context.StorageStateAsync();
        }

        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        playwright?.Dispose();
    }
}
