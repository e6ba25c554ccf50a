using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>All faults.</summary>
internal static class FaultBook
{
    /// <summary>One of each.</summary>
    public static IReadOnlyList<IFault> All { get; } =
    [
        new ProxyKilled(4),
        new BrokerWiped(),
        new ServiceKilled(RunningGateway.Messaging, 2),
        new ServiceKilled(RunningGateway.Stats, 6),
        new ServiceKilled(RunningGateway.Postgres, 3),
        new JournalTorn(),
    ];
}
