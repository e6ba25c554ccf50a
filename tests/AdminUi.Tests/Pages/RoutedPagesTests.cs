using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;

namespace GeminiBalance.AdminUi.Tests.Pages;

/// <summary>Who may see which page inside a circuit, where no endpoint's policy holds.</summary>
public sealed class RoutedPagesTests
{
    private static readonly string[] ForEverybody = ["/error", "/login", "/my-usage"];

    [Fact]
    public void Pages_DemandASession_UnlessTheyAreForEverybody()
    {
        var pages = typeof(Program).Assembly.GetTypes().Where(type => type.IsDefined(typeof(RouteAttribute), false)).ToList();
        var open = pages.Where(page => page.IsDefined(typeof(AllowAnonymousAttribute), true)).SelectMany(page => page.GetCustomAttributes(typeof(RouteAttribute), false).Cast<RouteAttribute>());

        Assert.Equal(ForEverybody, open.Select(route => route.Template).Order(StringComparer.Ordinal));
        Assert.InRange(pages.Count, ForEverybody.Length + 15, 100);
        Assert.All(pages, page => Assert.True(page.IsDefined(typeof(AllowAnonymousAttribute), true) || page.IsDefined(typeof(AuthorizeAttribute), true), $"{page.Name} stays when its session has ended."));
    }
}
