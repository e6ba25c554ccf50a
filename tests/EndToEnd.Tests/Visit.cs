using GeminiBalance.AdminUi.Tests.Support;
using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>One page of one browser. Leaving it fails when the browser complained: console errors, broken policy, foreign requests, server errors.</summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly Site site;
    private readonly IBrowserContext context;
    private readonly List<string> complaints = [];

    public Visit(Site site, IBrowserContext context, IPage page)
    {
        this.site = site;
        this.context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !Expected(message.Text))
            {
                Complain($"console: {message.Text} {message.Location}");
            }
        };
        page.PageError += (_, error) => Complain($"script: {error}");
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { Scheme: "http" or "https" } url && url.Authority != site.Address.Authority)
            {
                Complain($"foreign request: {url.GetLeftPart(UriPartial.Path)}");
            }
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
            {
                Complain($"{response.Request.Method} {new Uri(response.Url).AbsolutePath} answered {response.Status}");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>Console errors that a test provokes on purpose.</summary>
    public List<string> ExpectedErrors { get; } = [];

    /// <summary>Opens a page and waits until its circuit answers.</summary>
    public async Task OpenAsync(string path)
    {
        await Page.GotoAsync(path);
        await Page.WaitForFunctionAsync("() => !document.querySelector('[aria-busy=true]')");
        await Page.WaitForFunctionAsync("() => !document.querySelector('.gb-fresh[data-state=waiting]')");
        await Page.WaitForFunctionAsync("() => [...document.querySelectorAll('.gb-chart')].every(chart => chart.querySelector('svg path'))");
    }

    /// <summary>Signs in by the form and skips the change of password.</summary>
    public async Task SignInAsync()
    {
        await Page.GotoAsync("/login");
        await Page.Locator("#name").FillAsync("admin");
        await Page.Locator("#password").FillAsync(AdminHost.Password);
        await Page.Locator("form button.gb-button").ClickAsync();
        await Page.WaitForURLAsync("**/account/password**");
        await Page.Locator("main a").ClickAsync();
        await Page.WaitForFunctionAsync("() => document.querySelector('.gb-fresh')?.dataset.state !== 'waiting'");
    }

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        lock (complaints)
        {
            Assert.True(complaints.Count == 0, string.Join(Environment.NewLine, complaints.Concat(site.Host.Log.Lines.Where(line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal)))));
        }
    }

    private bool Expected(string text) => ExpectedErrors.Any(expected => text.Contains(expected, StringComparison.Ordinal));

    private void Complain(string complaint)
    {
        lock (complaints)
        {
            complaints.Add(complaint);
        }
    }
}
