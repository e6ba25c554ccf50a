using GeminiBalance.Chaos.Load;
using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>Something that goes wrong while clients ask.</summary>
internal interface IFault
{
    /// <summary>What it is called in reports and on the command line.</summary>
    string Name { get; }

    /// <summary>Lets it go wrong; returns when everything is in place again, though not necessarily well.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="random">Where its times come from.</param>
    Task StrikeAsync(RunningGateway gateway, Random random);

    /// <summary>What clients should have met, and did not: a fault that nobody notices proves nothing. Null when it was noticed, or need not be.</summary>
    /// <param name="clients">What the clients saw.</param>
    string? Unnoticed(IReadOnlyCollection<ClientEntry> clients) => null;
}
