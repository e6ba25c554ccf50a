using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GeminiBalance.Contracts;
using GeminiBalance.Integration.Tests.Clients;
using GeminiBalance.TestKit;
using Microsoft.Playwright;
using Xunit;

namespace GeminiBalance.Integration.Tests.Browser;

/// <summary>What operators do in the browser, and what the clients of the gateway notice of it.</summary>
public sealed class OperatorTests(GatewayFixture gateway, OperatorBrowser browser) : IClassFixture<OperatorBrowser>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task AccessKey_IsCreatedUsedSeenLimitedRotatedAndRevoked()
    {
        await NodeClient.InstallAsync();
        var page = await OpenAsync("/access-keys");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create access key" }).First.ClickAsync();
        await dialog.GetByLabel("Name").FillAsync("life of a key");
        await dialog.GetByLabel("Requests per minute").FillAsync("2");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        var first = await ShownKeyAsync(dialog);

        await Eventually.TrueAsync(async () => (int?)(await CallAsync(first))["served"] == 1, Patience, "the npm client served with the new key");
        await page.GetByRole(AriaRole.Link, new() { Name = "Usage of life of a key" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("gemini-2\\.5-flash") }).First).ToBeVisibleAsync();

        var limited = await CallAsync(first, most: 30);
        Assert.Equal((429, "rate_limit_exceeded"), ((int?)limited["status"], (string?)limited["code"]));
        Assert.True(int.Parse((string)limited["retryAfter"]!, CultureInfo.InvariantCulture) > 0);

        await GoAsync(page, "/access-keys?q=life");
        await page.GetByRole(AriaRole.Button, new() { Name = "Edit life of a key" }).ClickAsync();
        await dialog.GetByLabel("Requests per minute").FillAsync("");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Eventually.TrueAsync(async () => (int?)(await CallAsync(first))["served"] == 1, Patience, "no limit any more");

        await page.GetByRole(AriaRole.Button, new() { Name = "Rotate life of a key" }).ClickAsync();
        await dialog.GetByLabel("The present key goes on working for").SelectOptionAsync("0");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Make a new key" }).ClickAsync();
        var second = await ShownKeyAsync(dialog);
        Assert.NotEqual(first, second);
        await Eventually.TrueAsync(async () => (int?)(await CallAsync(second))["served"] == 1, Patience, "the new key served");
        await Eventually.TrueAsync(async () => (int?)(await CallAsync(first))["status"] == 401, Patience, "the old key refused");

        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke life of a key" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke 1 access key" }).ClickAsync();
        await Assertions.Expect(page.Locator(".gb-grid .gb-badge")).ToHaveTextAsync(new Regex("Revoked"));
        await Eventually.TrueAsync(async () => await CallAsync(second) is var refused && (int?)refused["status"] == 401 && (string?)refused["code"] == "invalid_api_key", Patience, "the revoked key refused");
        var text = await page.ContentAsync();
        Assert.DoesNotContain(first, text, StringComparison.Ordinal);
        Assert.DoesNotContain(second, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StrategyAndThinking_ChangedTogether_TakeEffectAndAreRolledBack()
    {
        var before = (await gateway.KeyHealth.GetFromJsonAsync("/settings", ContractsJson.Default.SettingsView, TestContext.Current.CancellationToken))!.Version;
        Assert.Equal(("adaptive", false), await EffectAsync());

        var page = await OpenAsync("/settings");
        await page.GetByLabel("Strategy", new() { Exact = true }).SelectOptionAsync("round_robin");
        await page.GetByLabel("Mode", new() { Exact = true }).SelectOptionAsync("Budget");
        await page.GetByLabel("Budget (tokens)", new() { Exact = true }).FillAsync("512");
        await page.GetByLabel("Show thoughts", new() { Exact = true }).SelectOptionAsync("true");
        await page.GetByRole(AriaRole.Button, new() { Name = "Review and save" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save (4)" }).ClickAsync();
        await Assertions.Expect(page.GetByText($"Saved as version {before + 1}")).ToBeVisibleAsync();
        await Eventually.TrueAsync(async () => await EffectAsync() == ("round_robin", true), Patience, "strategy and thinking as set");

        await GoAsync(page, "/settings/versions");
        await page.GetByRole(AriaRole.Button, new() { Name = before == 0 ? "Unset everything" : $"Roll back to version {before}" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Roll back (4)" }).ClickAsync();
        await Assertions.Expect(page.GetByText($"Rolled back to version {before}")).ToBeVisibleAsync();
        await Eventually.TrueAsync(async () => await EffectAsync() == ("adaptive", false), Patience, "strategy and thinking as before");
    }

    [Fact]
    public async Task Models_AreSyncedAndAnAliasIsAddedAndUsed()
    {
        await NodeClient.InstallAsync();
        var key = (await gateway.CreateAccessKeyAsync("asks by another name")).Key;
        Assert.Equal("model_not_found", (string?)(await CallAsync(key, "gpt-of-yesterday"))["code"]);

        var page = await OpenAsync("/models");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync with Google" }).First.ClickAsync();
        await Assertions.Expect(dialog.GetByText(new Regex("^Google lists [0-9]+ models"))).ToBeVisibleAsync();
        if (await dialog.GetByRole(AriaRole.Button, new() { Name = "Take over" }).CountAsync() > 0)
        {
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Take over" }).ClickAsync();
            await Assertions.Expect(page.GetByText("The catalogue was brought up to date")).ToBeVisibleAsync();
        }
        else
        {
            // Another test, or the daily job, was here before.
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        }

        await page.GetByRole(AriaRole.Button, new() { Name = "Add an alias of gemini-2.5-flash", Exact = true }).ClickAsync();
        await dialog.GetByLabel("Name that clients ask for").FillAsync("gpt-of-yesterday");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(page.GetByText("gpt-of-yesterday leads to gemini-2.5-flash")).ToBeVisibleAsync();
        var ledger = (await gateway.Simulator.LedgerAsync()).Select(call => call.Sequence).DefaultIfEmpty().Max();
        await Eventually.TrueAsync(async () => (int?)(await CallAsync(key, "gpt-of-yesterday"))["served"] == 1, Patience, "the npm client served by the alias");
        Assert.Contains(await gateway.Simulator.LedgerAsync(ledger), call => call is { Model: "gemini-2.5-flash", Outcome: "ok" });

        await page.GetByRole(AriaRole.Button, new() { Name = "Delete the alias gpt-of-yesterday" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete the alias", Exact = true }).ClickAsync();
        await Eventually.TrueAsync(async () => (string?)(await CallAsync(key, "gpt-of-yesterday"))["code"] == "model_not_found", Patience, "the alias gone");
    }

    /// <summary>The strategy that chose the key of a new chat, and whether its answer shows thoughts.</summary>
    private async Task<(string? Strategy, bool Thoughts)> EffectAsync()
    {
        using var response = await gateway.ChatAsync("what is in force?");
        var id = Guid.Parse(response.Headers.GetValues("x-request-id").Single());
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.True(response.IsSuccessStatusCode, answer.ToJsonString());
        var thoughts = (string?)answer["choices"]![0]!["message"]!["reasoning_content"] is { Length: > 0 };
        var story = await Eventually.ValueAsync(
            async () =>
            {
                using var found = await gateway.Stats.GetAsync($"/stats/requests/{id}", TestContext.Current.CancellationToken);
                return found.IsSuccessStatusCode ? await found.Content.ReadFromJsonAsync(ContractsJson.Default.RequestStory, TestContext.Current.CancellationToken) : null;
            },
            Patience,
            "the request among those that are told");
        return (story.Fact.Choice?.Strategy, thoughts);
    }

    private async Task<IPage> OpenAsync(string path)
    {
        var page = await browser.SignedInAsync(gateway.Client("admin").BaseAddress!);
        await GoAsync(page, path);
        return page;
    }

    /// <summary>Opens a page and waits until its circuit answers.</summary>
    private static async Task GoAsync(IPage page, string path)
    {
        await page.GotoAsync(path);
        await page.WaitForFunctionAsync("() => !document.querySelector('[aria-busy=true]') && !document.querySelector('.gb-fresh[data-state=waiting]')");
    }

    /// <summary>The key that a dialog shows for the only time; closes it.</summary>
    private static async Task<string> ShownKeyAsync(ILocator dialog)
    {
        var key = await dialog.GetByLabel("Access key life of a key", new() { Exact = true }).InputValueAsync();
        Assert.StartsWith("sk-gb-", key, StringComparison.Ordinal);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        return key;
    }

    private async Task<JsonNode> CallAsync(string key, string model = "gemini-2.5-flash", int most = 1)
    {
        var environment = new Dictionary<string, string> { ["OPENAI_BASE_URL"] = gateway.OpenAiAddress.ToString(), ["OPENAI_API_KEY"] = key };
        return JsonNode.Parse(await NodeClient.RunAsync(environment, "node", "life.mjs", model, most.ToString(CultureInfo.InvariantCulture)))!;
    }
}
