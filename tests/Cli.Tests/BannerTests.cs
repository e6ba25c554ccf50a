using System.Text.Json;
using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class BannerTests
{
    private static readonly Announcement Demo = new(
        "1.2.3",
        new Uri("http://localhost:8080/"),
        new Uri("http://localhost:8081/"),
        "/login?t=once",
        "admin",
        "plum-otter",
        "sk-gb-key",
        new Uri("http://localhost:1/"),
        new Uri("http://localhost:2/"),
        new Uri("http://localhost:3/"));

    [Fact]
    public void Text_English_HoldsAllThatIsNeededForAFirstRequest()
    {
        var text = Banner.Text(Demo, chinese: false, "Ctrl+C");

        Assert.Contains("GeminiBalance 1.2.3", text, StringComparison.Ordinal);
        Assert.Contains("http://localhost:8081/login?t=once", text, StringComparison.Ordinal);
        Assert.Contains("plum-otter", text, StringComparison.Ordinal);
        Assert.Contains("http://localhost:8080/v1 ", text, StringComparison.Ordinal);
        Assert.Contains("curl http://localhost:8080/v1/chat/completions", text, StringComparison.Ordinal);
        Assert.Contains("Bearer sk-gb-key", text, StringComparison.Ordinal);
        Assert.Contains("Stop it: Ctrl+C", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_ExampleBody_IsJson()
    {
        var line = Banner.Text(Demo, chinese: false, "Ctrl+C").Split('\n').Single(l => l.TrimStart().StartsWith("-d '", StringComparison.Ordinal)).Trim();

        using var body = JsonDocument.Parse(line["-d '".Length..^1]);

        Assert.Equal("user", body.RootElement.GetProperty("messages")[0].GetProperty("role").GetString());
    }

    [Fact]
    public void Text_Chinese_SaysTheSameInChinese()
    {
        var text = Banner.Text(Demo, chinese: true, "Ctrl+C");

        Assert.Contains("管理界面", text, StringComparison.Ordinal);
        Assert.Contains("访问密钥", text, StringComparison.Ordinal);
        Assert.Contains("sk-gb-key", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Access key", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_PasswordWasChanged_ShowsNoneAndNamesTheRemedy()
    {
        var text = Banner.Text(Demo with { AdminPassword = null, LoginPath = null }, chinese: false, "Ctrl+C");

        Assert.DoesNotContain("login?t=", text, StringComparison.Ordinal);
        Assert.Contains("./gb password", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_OfADemo_IsOneLineWithTheAgreedNames()
    {
        var json = Banner.Json(Demo);

        Assert.Equal(
            """{"gateway":"http://localhost:8080","adminUi":"http://localhost:8081","adminUser":"admin","adminPassword":"plum-otter","accessKey":"sk-gb-key","keyHealth":"http://localhost:1","stats":"http://localhost:2","simulator":"http://localhost:3"}""",
            json);
    }

    [Fact]
    public void Json_WithoutSimulatorAndPassword_HoldsNulls()
    {
        using var json = JsonDocument.Parse(Banner.Json(Demo with { Simulator = null, AdminPassword = null }));

        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("simulator").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("adminPassword").ValueKind);
    }
}
