using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.KeyHealthService.Tests.Servers;

/// <summary>An upstream, or a proxy on the way to one, that answers as a test wants.</summary>
internal sealed class UpstreamStub : IAsyncDisposable
{
    private readonly WebApplication app;

    private UpstreamStub(WebApplication app) => this.app = app;

    public Uri Address => new(app.Urls.First());

    /// <summary>The hosts requests were meant for.</summary>
    public ConcurrentQueue<string> Hosts { get; } = [];

    public static async Task<UpstreamStub> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var stub = new UpstreamStub(builder.Build());
        stub.app.Run(context =>
        {
            stub.Hosts.Enqueue(context.Request.Host.Value ?? "");
            return answer(context);
        });
        await stub.app.StartAsync();
        return stub;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}
