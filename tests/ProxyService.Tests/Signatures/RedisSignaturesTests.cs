using System.Diagnostics;
using GeminiBalance.ProxyService.Signatures;
using GeminiBalance.TestKit;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Signatures;

public sealed class RedisSignaturesTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Signature_LeftByOneReplica_IsFoundByAnother_AndForgottenAfterAnHour()
    {
        var port = FreePort.Take();
        using var server = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]) { RedirectStandardOutput = true })!;
        try
        {
            using var services = Services(port);
            var one = new RedisSignatures(services, TimeProvider.System);
            var other = new RedisSignatures(services, TimeProvider.System);

            // Until it is connected, a replica leaves and finds nothing.
            var found = await Eventually.ValueAsync(
                async () =>
                {
                    one.Put("k", new KnownSignature("sig\nwith\nlines", "gemini-3-flash"));
                    return await other.FindAsync(["none", "k"]) is [null, { } known] ? known : null;
                },
                Soon,
                "the signature");

            Assert.Equal(new KnownSignature("sig\nwith\nlines", "gemini-3-flash"), found);
            var left = await services.GetRequiredService<IConnectionMultiplexer>().GetDatabase().KeyTimeToLiveAsync("gb:signatures:k");
            Assert.InRange(left!.Value, TimeSpan.FromMinutes(55), TimeSpan.FromMinutes(60));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Redis_Away_IsNotWaitedFor()
    {
        using var services = Services(1);
        var signatures = new RedisSignatures(services, TimeProvider.System);

        signatures.Put("k", new KnownSignature("sig", "f"));

        Assert.Empty(await signatures.FindAsync(["k"]));
    }

    private static ServiceProvider Services(int port) => new ServiceCollection()
        .AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect($"127.0.0.1:{port},abortConnect=false,connectTimeout=500"))
        .BuildServiceProvider();
}
