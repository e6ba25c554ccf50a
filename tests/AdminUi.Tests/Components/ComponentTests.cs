using System.Globalization;
using System.Net;
using Bunit;
using GeminiBalance.AdminUi.Clients;
using GeminiBalance.AdminUi.Components.Shared;
using GeminiBalance.AdminUi.Pages.Keys;
using GeminiBalance.AdminUi.Pages.Overview;
using GeminiBalance.AdminUi.Pages.Usage;
using GeminiBalance.AdminUi.Preferences;
using GeminiBalance.AdminUi.Tests.Support;
using GeminiBalance.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace GeminiBalance.AdminUi.Tests.Components;

public sealed class ComponentTests : BunitContext
{
    public ComponentTests()
    {
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("en");
        Services.AddLocalization();
        Services.AddLogging();
        Services.AddSingleton(TimeProvider.System);
        Services.AddScoped<BrowserClock>();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    public static TheoryData<KeyStatus> Listed() => [.. KeyStates.Listed];

    [Theory]
    [MemberData(nameof(Listed))]
    public void StateBadge_OfAnyState_SaysItInWordIconAndTone(KeyStatus status)
    {
        var badge = Render<StateBadge>(parameters => parameters.Add(component => component.Status, status)).Find(".gb-badge");

        Assert.EndsWith(status == KeyStatus.NotOffered ? "Not offered" : status.ToString(), badge.TextContent.Trim(), StringComparison.Ordinal);
        Assert.Equal("true", badge.QuerySelector(".rzi")!.GetAttribute("aria-hidden"));
        Assert.Equal(KeyStates.Listed.Count, KeyStates.Listed.Select(KeyStates.Icon).Distinct().Count());
    }

    [Fact]
    public void KeyReason_OfACoolingKey_SaysWhySinceAndUntil()
    {
        var text = Render<KeyReason>(parameters => parameters.Add(component => component.Key, Samples.Key(KeyStatus.Cooling))).Markup;

        Assert.Contains("Quota per minute used up", text, StringComparison.Ordinal);
        Assert.Contains("HTTP 429", text, StringComparison.Ordinal);
        Assert.Contains("gemini-2.5-pro", text, StringComparison.Ordinal);
        Assert.Contains("3 h ago", text, StringComparison.Ordinal);
        Assert.Contains("in 5", text, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenAlerts_ShowWhatIsNotOver_AndNothingElse()
    {
        var since = DateTimeOffset.UtcNow.AddHours(-3);
        IReadOnlyList<Alert> alerts = [new(AlertKind.FactsAside, 12, since), new(AlertKind.ViewsBehind, 40.2, since, since.AddMinutes(2))];

        var shown = Render<OpenAlerts>(parameters => parameters.Add(component => component.Alerts, alerts)).FindAll("li");
        var none = Render<OpenAlerts>(parameters => parameters.Add(component => component.Alerts, [alerts[1]])).Markup;

        var text = Assert.Single(shown).TextContent;
        Assert.Contains("set aside", text, StringComparison.Ordinal);
        Assert.Contains("12", text, StringComparison.Ordinal);
        Assert.Contains("3 h ago", text, StringComparison.Ordinal);
        Assert.Equal("", none.Trim());
    }

    [Fact]
    public void Attempts_AreTold_ByHowTheyEnded()
    {
        var rows = Render<AttemptsTable>(parameters => parameters.Add(component => component.Value, Samples.Attempts(default, default, 0))).FindAll("tbody tr").Select(row => string.Join('|', row.Children.Select(cell => cell.TextContent.Trim())));

        Assert.Equal(["answered|940|1.30 s|", "quota per minute|40|90 ms|", "timeout|10|30.0 s|", "request refused|10|—|"], rows);
    }

    [Fact]
    public async Task Tiles_WithFigures_ShowThemAndUnknownOnesAsDash()
    {
        var data = new Loaded<Overview>();
        await data.TryAsync(() => Task.FromResult(new Overview(default, default, new UsageCounts(12_345, 12_000, 200, 100, 45, 0, 0, 0, 0, 41_800_000), 2.5, 0.99, 0.0244, 7, new LatencyQuantiles(9, 500, 900, 3_120, 4_000), null, [], 0)));
        var figures = Render<Tiles>(parameters => parameters.Add(component => component.Data, data)).FindAll("dd").Select(tile => tile.TextContent.Trim());

        Assert.Equal(["12.3K", "97.56 %", "3.12 s", "—", "41.8M", "7", "2.5"], figures);
    }

    [Fact]
    public async Task Tiles_BeforeTheFirstAnswer_AreSkeletonsAndAfterAFailureDashes()
    {
        var data = new Loaded<Overview>();
        var tiles = Render<Tiles>(parameters => parameters.Add(component => component.Data, data));
        Assert.Equal(7, tiles.FindAll(".gb-skeleton").Count);

        await data.TryAsync(() => Task.FromException<Overview>(new ServiceCallException("stats", HttpStatusCode.ServiceUnavailable, null)));
        tiles.Render();
        Assert.All(tiles.FindAll("dd"), tile => Assert.Equal("—", tile.TextContent.Trim()));
    }

    [Fact]
    public async Task Panel_WhoseRefreshFails_KeepsTheOldValueAndOffersRetry()
    {
        var data = new Loaded<string>();
        await data.TryAsync(() => Task.FromResult("seven keys"));
        await data.TryAsync(() => Task.FromException<string>(new ServiceCallException("keyhealth", null, null)));
        var retried = false;
        var panel = Render<Panel<string>>(parameters => parameters
            .Add(component => component.Title, "Pool")
            .Add(component => component.Data, data)
            .Add(component => component.Retry, () => { retried = true; })
            .Add(component => component.ChildContent, value => $"<p>{value}</p>"));

        Assert.Contains("The key service does not answer.", panel.Markup, StringComparison.Ordinal);
        Assert.Equal("seven keys", panel.Find(".gb-stale p").TextContent);
        await panel.Find("button").ClickAsync(new());
        Assert.True(retried);
    }

    [Fact]
    public void ImportResults_OfMixedLines_ListEveryLineWithTheBadOnesFirst()
    {
        var result = new ImportResult(
        [
            new ImportLine(1, ImportOutcome.Added, "AIza…0001", Guid.CreateVersion7(), null),
            new ImportLine(2, ImportOutcome.NotAKey, null, null, "A key has 20 to 256 characters."),
            new ImportLine(3, ImportOutcome.DuplicateInFile, "AIza…0001", null, null),
        ], 1, 1, 1, Guid.Empty, 1);
        var rendered = Render<ImportResults>(parameters => parameters.Add(component => component.Result, result));

        Assert.Equal("1 added, 1 duplicates, 1 not keys.", rendered.Find("[role=status]").TextContent);
        Assert.Equal(["2", "1", "3"], rendered.FindAll("tbody tr").Select(row => row.Children[0].TextContent));
        Assert.Contains("A key has 20 to 256 characters.", rendered.Find("tbody tr").TextContent, StringComparison.Ordinal);
    }
}
