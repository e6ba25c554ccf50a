using GeminiBalance.AdminUi.Tests.Support;
using GeminiBalance.EndToEnd.Tests;
using Microsoft.Playwright;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(Site))]
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>AdminUi on a loopback port over fake services, and one browser for all tests.</summary>
public sealed class Site : IAsyncLifetime
{
    private readonly PostgresServer postgres = new();
    private IPlaywright? playwright;
    private AdminHost? host;
    private string? session;

    public IBrowser Browser { get; private set; } = null!;

    public FakeServices Services { get; private set; } = null!;

    public AdminHost Host => host!;

    public Uri Address { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await postgres.StartAsync();
        Services = await FakeServices.StartAsync();
        Samples.Fill(Services);
        var database = await postgres.CreateDatabaseAsync();
        await AdminHost.MigrateAsync(database);
        host = new AdminHost(database, Services);
        host.UseKestrel(0);
        host.StartServer();
        Address = host.ClientOptions.BaseAddress;
        playwright = await Playwright.CreateAsync();
        Browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        });
    }

    /// <summary>A page of a browser that is signed in.</summary>
    public async Task<Visit> SignedInAsync(string language = "en", string theme = "light", int width = 1280)
    {
        if (session is null)
        {
            await using var first = await VisitAsync();
            await first.SignInAsync();
            session = await first.Page.Context.StorageStateAsync();
        }

        return await VisitAsync(language, theme, width, session);
    }

    /// <summary>Signs in anew for the next page: the session of the others has ended.</summary>
    public void ForgetSession() => session = null;

    /// <summary>A page of a fresh browser.</summary>
    public async Task<Visit> VisitAsync(string language = "en", string theme = "light", int width = 1280, string? state = null, bool script = true)
    {
        var context = await Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = Address.ToString(),
            Locale = language == "en" ? "en-US" : "zh-CN",
            ColorScheme = theme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = new ViewportSize { Width = width, Height = 800 },
            TimezoneId = "Asia/Shanghai",
            StorageState = state,
            JavaScriptEnabled = script,
        });
        context.SetDefaultTimeout(30_000);
        Assertions.SetDefaultExpectTimeout(30_000);
        return new Visit(this, context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        playwright?.Dispose();
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        if (Services is not null)
        {
            await Services.DisposeAsync();
        }

        await postgres.DisposeAsync();
    }
}
