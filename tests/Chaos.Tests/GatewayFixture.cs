using GeminiBalance.Chaos.Running;
using GeminiBalance.Chaos.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssemblyFixture(typeof(GatewayFixture))]

namespace GeminiBalance.Chaos.Tests;

/// <summary>One system for all rounds, started by the first.</summary>
public sealed class GatewayFixture : IAsyncDisposable
{
    private RunningGateway? gateway;
    private Rounds? rounds;

    internal async Task<Rounds> RoundsAsync()
    {
        gateway ??= await RunningGateway.StartAsync();
        return rounds ??= new Rounds(gateway, seed: 20);
    }

    public async ValueTask DisposeAsync()
    {
        if (gateway is not null)
        {
            await gateway.DisposeAsync();
        }
    }
}
