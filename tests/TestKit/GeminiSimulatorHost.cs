using GeminiBalance.GeminiSimulator;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace GeminiBalance.TestKit;

/// <summary>A simulator in this process, on a free loopback port, without delays.</summary>
public sealed class GeminiSimulatorHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient client;

    private GeminiSimulatorHost(WebApplication app, Uri address)
    {
        this.app = app;
        Address = address;
        client = new HttpClient { BaseAddress = address };
        Control = new SimulatorControl(client);
    }

    /// <summary>Its base address.</summary>
    public Uri Address { get; }

    /// <summary>Its control interface.</summary>
    public SimulatorControl Control { get; }

    /// <summary>Starts one.</summary>
    /// <param name="settings">More settings, as <c>--Simulator:Keys=4</c>.</param>
    public static async Task<GeminiSimulatorHost> StartAsync(params string[] settings)
    {
        var app = SimulatorApp.Build(["--urls=http://127.0.0.1:0", "--Simulator:LatencyMs=0", "--Simulator:EventGapMs=0", .. settings]);
        await app.StartAsync().ConfigureAwait(false);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new GeminiSimulatorHost(app, new Uri(address));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await app.StopAsync(patience.Token).ConfigureAwait(false);
        await app.DisposeAsync().ConfigureAwait(false);
    }
}
