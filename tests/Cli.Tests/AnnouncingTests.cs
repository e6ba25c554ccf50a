using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class AnnouncingTests
{
    [Fact]
    public async Task PrepareAsync_FreshDemo_SeedsKeysAndCreatesAnAccessKey()
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();

        var announcement = await Announcing.PrepareAsync(stub.System);

        Assert.Equal("key-1,first,project-1\nkey-2,second,project-1\n", stub.Calls.Single(call => call.Route == "POST /keys/imports").Body);
        Assert.Equal("sk-gb-abcd-1", announcement.AccessKey);
        Assert.Equal("/login?t=once", announcement.LoginPath);
        Assert.Equal(StubSystem.Password, announcement.AdminPassword);
        Assert.All(stub.Calls.Where(call => !call.Route.Contains("/control/", StringComparison.Ordinal)), call => Assert.Equal("Bearer " + StubSystem.Token, call.Authorization));
    }

    [Fact]
    public async Task PrepareAsync_Again_ImportsAndCreatesNothing()
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();
        var first = await Announcing.PrepareAsync(stub.System);

        var second = await Announcing.PrepareAsync(stub.System);

        Assert.Equal(first.AccessKey, second.AccessKey);
        Assert.Equal(1, stub.CallsTo("POST /keys/imports"));
        Assert.Equal(1, stub.CallsTo("POST /access-keys"));
    }

    [Fact]
    public async Task PrepareAsync_AccessKeyIsGone_CreatesAnother()
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();
        await Announcing.PrepareAsync(stub.System);
        stub.On("GET /access-keys", _ => "[]");

        var second = await Announcing.PrepareAsync(stub.System);

        Assert.Equal("sk-gb-abcd-2", second.AccessKey);
    }

    [Fact]
    public async Task PrepareAsync_AccessKeyFile_IsPrivate()
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();

        await Announcing.PrepareAsync(stub.System);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(stub.System.FirstAccessKeyFile));
    }

    [Fact]
    public async Task PrepareAsync_WithoutSimulator_ImportsNothing()
    {
        await using var stub = (await StubSystem.StartAsync(demo: false)).WithFreshPool();

        var announcement = await Announcing.PrepareAsync(stub.System);

        Assert.Null(announcement.Simulator);
        Assert.Equal(0, stub.CallsTo("POST /keys/imports"));
    }

    [Fact]
    public async Task PrepareAsync_PasswordWasChanged_ShowsNeitherPasswordNorLink()
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();
        stub.On("GET /internal/setup", _ => """{"user":"admin","firstPassword":false,"passwordAsConfigured":false}""");

        var announcement = await Announcing.PrepareAsync(stub.System);

        Assert.Null(announcement.AdminPassword);
        Assert.Equal(0, stub.CallsTo("POST /internal/login-links"));
    }

    [Fact]
    public async Task PrepareAsync_GeneratedPasswordIsAnother_ShowsTheLinkAndNoPassword()
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();
        stub.On("GET /internal/setup", _ => """{"user":"admin","firstPassword":true,"passwordAsConfigured":false}""");

        var announcement = await Announcing.PrepareAsync(stub.System);

        Assert.Null(announcement.AdminPassword);
        Assert.Equal("/login?t=once", announcement.LoginPath);
    }

    [Theory]
    [InlineData("rotated")]
    [InlineData("expired")]
    [InlineData("disabled")]
    public async Task PrepareAsync_AccessKeyWorksNoMore_CreatesAnother(string change)
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();
        await Announcing.PrepareAsync(stub.System);
        using var services = new ServiceCalls(stub.System);
        var first = Assert.Single(await services.GetAsync("keyhealth", "/access-keys", ContractsJson.Default.AccessKeyViewArray));
        stub.On("GET /access-keys", ContractsJson.Default.AccessKeyViewArray, () => [change switch
        {
            "rotated" => first with { Prefix = "sk-gb-wxyz" },
            "expired" => first with { ExpiresAt = TimeProvider.System.GetUtcNow().AddSeconds(-1) },
            _ => first with { Enabled = false },
        }]);

        Assert.Equal("sk-gb-abcd-2", (await Announcing.PrepareAsync(stub.System)).AccessKey);
    }

    [Fact]
    public async Task PrepareAsync_AccessKeyExpiresLater_ShowsIt()
    {
        await using var stub = (await StubSystem.StartAsync()).WithFreshPool();
        await Announcing.PrepareAsync(stub.System);
        using var services = new ServiceCalls(stub.System);
        var first = Assert.Single(await services.GetAsync("keyhealth", "/access-keys", ContractsJson.Default.AccessKeyViewArray));
        stub.On("GET /access-keys", ContractsJson.Default.AccessKeyViewArray, () => [first with { ExpiresAt = TimeProvider.System.GetUtcNow().AddHours(1) }]);

        Assert.Equal("sk-gb-abcd-1", (await Announcing.PrepareAsync(stub.System)).AccessKey);
    }

    [Fact]
    public async Task PrepareAsync_GatewayDoesNotAnswer_KeepsTheAccessKeyForTheNextTime()
    {
        await using var stub = (await StubSystem.StartAsync(demo: false)).WithFreshPool();
        stub.Refuse("GET /internal/status", 503, "{}");

        await Assert.ThrowsAsync<CliException>(() => Announcing.PrepareAsync(stub.System));

        Assert.Equal("sk-gb-abcd-1", (await Announcing.PrepareAsync(stub.System)).AccessKey);
        Assert.Equal(1, stub.CallsTo("POST /access-keys"));
    }
}
