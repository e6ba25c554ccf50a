using System.Net;
using System.Net.Sockets;
using System.Text;
using GeminiBalance.ProxyService.Media;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Tests.Translation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Media;

public sealed class RemoteMediaTests
{
    private static readonly byte[] Jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10, .. "JFIF"u8, 0, 1, 1, 0];

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2a00:1450:4001:80b::200e", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.19.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:0:7f00:1::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("2001:db8::1", false)]
    public void Address_IsOfTheOpenInternet_OrNot(string address, bool open) => Assert.Equal(open, PublicAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://127.0.0.1/a.png")]
    [InlineData("http://2130706433/a.png")]
    [InlineData("http://0x7f.1/a.png")]
    [InlineData("http://[::ffff:169.254.169.254]/latest")]
    [InlineData("http://metadata.test/a.png")]
    [InlineData("http://public.test:22/a.png")]
    [InlineData("http://mixed.test/a.png")]
    public async Task G33_AddressBehindTheGateway_IsRefusedAndNeverConnectedTo(string address)
    {
        var network = new Network(("metadata.test", ["169.254.169.254"]), ("public.test", ["8.8.8.8"]), ("mixed.test", ["8.8.8.8", "10.0.0.1"]));

        var error = await ResolveAsync(network, address);

        Assert.Equal((400, "invalid_image_url", "messages[0].content[0].image_url.url"), (error!.Status, error.Code, error.Param));
        Assert.Empty(network.Connected);
        Assert.DoesNotContain("169.254", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_OneOfItsAddressesIsOutOfReach_IsReachedByTheNext()
    {
        await using var host = await StubUpstream.StartAsync((context, _) => context.Response.Body.WriteAsync(Jpeg).AsTask());
        var network = new Network(("dual.test", ["2a00:1450:4001:80b::200e", "8.8.8.8"])) { Target = host.Address, Unreachable = "2a00:1450:4001:80b::200e" };

        Assert.Null(await ResolveAsync(network, "http://dual.test/a"));
        Assert.Equal(["2a00:1450:4001:80b::200e", "8.8.8.8"], network.Connected.Select(address => address.ToString()));
    }

    [Theory]
    [InlineData("http://metadata.test/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://public.test:6379/")]
    public async Task G33_RedirectBehindTheGateway_IsNotFollowed(string target)
    {
        await using var host = await StubUpstream.StartAsync((context, _) => Redirect(context, target));
        var network = new Network(("public.test", ["8.8.8.8"]), ("metadata.test", ["169.254.169.254"])) { Target = host.Address };

        var error = await ResolveAsync(network, "http://public.test/a.png");

        Assert.Equal("invalid_image_url", error!.Code);
        Assert.Equal(["8.8.8.8"], network.Connected.Select(address => address.ToString()));
    }

    [Fact]
    public async Task NameThatChangesItsAddress_IsConnectedWhereItWasChecked()
    {
        await using var host = await StubUpstream.StartAsync((context, _) => Bytes(context, Jpeg, "image/jpeg"));
        var network = new Network(("rebind.test", ["8.8.8.8"])) { Target = host.Address, Rebound = "127.0.0.1" };

        Assert.Null(await ResolveAsync(network, "http://rebind.test/a"));
        Assert.Equal("invalid_image_url", (await ResolveAsync(network, "http://rebind.test/a"))!.Code);
        Assert.Equal(["8.8.8.8"], network.Connected.Select(address => address.ToString()));
    }

    [Fact]
    public async Task G34_ImageWithoutExtension_IsRecognisedByItsContent()
    {
        await using var host = await StubUpstream.StartAsync((context, _) => Bytes(context, Jpeg, "application/octet-stream"));
        var request = Request("http://public.test/picture?id=7");

        Assert.Null(await ResolveAsync(new Network(("public.test", ["8.8.8.8"])) { Target = host.Address }, request));

        var media = Assert.Single(request.Parts).Media!;
        Assert.Equal("image/jpeg", media.MimeType);
        Assert.Equal(Convert.ToBase64String(Jpeg), Encoding.ASCII.GetString(media.OwnData!));
        Assert.Empty(Assert.Single(host.Seen).Key ?? "");
    }

    [Fact]
    public async Task Redirects_AreFollowedThreeTimesAndNoMore()
    {
        await using var host = await StubUpstream.StartAsync((context, seen) => int.Parse(seen.Url.TrimStart('/'), System.Globalization.CultureInfo.InvariantCulture) is > 0 and var left ? Redirect(context, $"/{left - 1}") : Bytes(context, Jpeg, "image/jpeg"));
        var network = new Network(("public.test", ["8.8.8.8"])) { Target = host.Address };

        Assert.Null(await ResolveAsync(network, "http://public.test/3"));
        Assert.Equal("invalid_image_url", (await ResolveAsync(network, "http://public.test/4"))!.Code);
    }

    [Theory]
    [InlineData(true, "image_too_large")]
    [InlineData(false, "image_too_large")]
    public async Task ImageLargerThanAllowed_IsRefusedBeforeItIsRead(bool declared, string code)
    {
        await using var host = await StubUpstream.StartAsync(async (context, _) =>
        {
            context.Response.ContentLength = declared ? 5000 : null;
            for (var i = 0; i < 5000; i += 500)
            {
                await context.Response.Body.WriteAsync(new byte[500]);
                await context.Response.Body.FlushAsync();
            }
        });

        Assert.Equal(code, (await ResolveAsync(new Network(("public.test", ["8.8.8.8"])) { Target = host.Address }, "http://public.test/a", maximum: 2048))!.Code);
    }

    [Theory]
    [InlineData(3, 3072, null)]
    [InlineData(4, 3072, "image_too_large")]
    public async Task ImagesOfOneRequest_TogetherLargerThanAllowed_AreRefused(int images, int total, string? code)
    {
        await using var host = await StubUpstream.StartAsync((context, _) => Bytes(context, [.. Jpeg, .. new byte[1000 - Jpeg.Length]], "image/jpeg"));
        var parts = string.Join(',', Enumerable.Range(0, images).Select(n => $$$"""{"type":"image_url","image_url":{"url":"http://public.test/{{{n}}}"}}"""));
        var request = Translated.Read($$"""{"model":"m","messages":[{"role":"user","content":[{{parts}}]}]}""");

        Assert.Equal(code, (await ResolveAsync(new Network(("public.test", ["8.8.8.8"])) { Target = host.Address }, request, maximum: 2048, total: total))?.Code);
    }

    [Fact]
    public async Task HostThatNeverAnswers_IsGivenUp()
    {
        await using var host = await StubUpstream.StartAsync((context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));

        Assert.Equal("image_fetch_timeout", (await ResolveAsync(new Network(("public.test", ["8.8.8.8"])) { Target = host.Address }, "http://public.test/a", seconds: 0.3))!.Code);
    }

    [Theory]
    [InlineData("text/html", "<html>")]
    [InlineData("image/gif", "GIF89a, and more")]
    [InlineData("image/png", "no image at all")]
    public async Task ContentThatIsNoImage_IsRefused(string type, string content)
    {
        await using var host = await StubUpstream.StartAsync((context, _) => Bytes(context, Encoding.UTF8.GetBytes(content), type));

        Assert.Equal("invalid_image", (await ResolveAsync(new Network(("public.test", ["8.8.8.8"])) { Target = host.Address }, "http://public.test/a"))!.Code);
    }

    [Fact]
    public async Task PageInThePlaceOfAFilm_IsRefused()
    {
        await using var host = await StubUpstream.StartAsync((context, _) => Bytes(context, Encoding.UTF8.GetBytes("<html>"), "text/html"));
        var request = Translated.Read("""{"model":"m","messages":[{"role":"user","content":[{"type":"video_url","video_url":{"url":"http://public.test/watch"}}]}]}""");

        Assert.Equal("invalid_image", (await ResolveAsync(new Network(("public.test", ["8.8.8.8"])) { Target = host.Address }, request))?.Code);
    }

    [Fact]
    public async Task Modes_LeaveItToGeminiOrRefuse()
    {
        var request = Request("https://public.test/film.mp4");

        Assert.Null(await ResolveAsync(new Network(), request, mode: RemoteMediaMode.Passthrough));
        Assert.Equal((true, "video/mp4"), (request.Parts[0].Media!.FetchedUpstream, request.Parts[0].Media!.MimeType));
        Assert.Equal("invalid_image_url", (await ResolveAsync(new Network(), "https://public.test/a.png", mode: RemoteMediaMode.Off))!.Code);
        Assert.Null(await ResolveAsync(new Network(), Request("https://www.youtube.com/watch?v=1"), mode: RemoteMediaMode.Off));
    }

    private static ChatRequest Request(string address) => Translated.Read($$$"""{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{address}}}"}}]}]}""");

    private static async Task<OpenAiError?> ResolveAsync(Network network, string address, int maximum = 1 << 20, double seconds = 10, RemoteMediaMode mode = RemoteMediaMode.Fetch)
    {
        var error = ChatRequestReader.Read(Encoding.UTF8.GetBytes($$$"""{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{address}}}"}}]}]}"""), out var refused) is { } request
            ? await ResolveAsync(network, request, maximum, seconds, mode)
            : refused;
        return error;
    }

    private static async Task<OpenAiError?> ResolveAsync(Network network, ChatRequest request, int maximum = 1 << 20, double seconds = 10, RemoteMediaMode mode = RemoteMediaMode.Fetch, int total = 1 << 20)
    {
        using var media = new RemoteMedia(network, new Settings(new RemoteMediaOptions { MaximumBytes = maximum, MaximumTotalBytes = total, TimeoutSeconds = seconds, Mode = mode }));
        return media.Check(request, out var remote) ?? (remote is null ? null : await media.FetchAsync(remote, TestContext.Current.CancellationToken));
    }

    private static Task Redirect(HttpContext context, string target)
    {
        context.Response.StatusCode = 302;
        context.Response.Headers.Location = target;
        return Task.CompletedTask;
    }

    private static async Task Bytes(HttpContext context, byte[] bytes, string type)
    {
        context.Response.ContentType = type;
        await context.Response.Body.WriteAsync(bytes);
    }

    private sealed class Settings(RemoteMediaOptions options) : IOptionsMonitor<RemoteMediaOptions>
    {
        public RemoteMediaOptions CurrentValue => options;

        public RemoteMediaOptions Get(string? name) => options;

        public IDisposable? OnChange(Action<RemoteMediaOptions, string?> listener) => null;
    }

    /// <summary>Names resolve as the test says, and every checked address leads to one server on loopback.</summary>
    private sealed class Network(params (string Host, string[] Addresses)[] names) : MediaNetwork
    {
        public List<IPAddress> Connected { get; } = [];

        public Uri? Target { get; init; }

        public string? Rebound { get; init; }

        public string? Unreachable { get; init; }

        public override Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
        {
            var addresses = Rebound is not null && Connected.Count > 0 ? [Rebound] : names.FirstOrDefault(name => name.Host == host).Addresses ?? throw new SocketException((int)SocketError.HostNotFound);
            return Task.FromResult(addresses.Select(IPAddress.Parse).ToArray());
        }

        public override Task<Stream> ConnectAsync(IPEndPoint address, CancellationToken cancellationToken)
        {
            Connected.Add(address.Address);
            if (address.Address.ToString() == Unreachable)
            {
                throw new SocketException((int)SocketError.NetworkUnreachable);
            }

            return base.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Target!.Port), cancellationToken);
        }
    }
}
