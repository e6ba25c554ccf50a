using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>All faults.</summary>
internal static class FaultBook
{
    /// <summary>One of each.</summary>
    public static IReadOnlyList<IFault> All { get; } =
    [
        new ProxyKilled(4),
        new ProxyRolled(2),
        new BrokerWiped(),
        new BrokerAlarmed(20),
        new ServiceKilled(RunningGateway.Messaging, 2),
        new ServiceKilled(RunningGateway.Stats, 6),
        new ServiceKilled(RunningGateway.KeyHealth, 6),
        new ServiceKilled(RunningGateway.Postgres, 3),
        new Frozen(RunningGateway.Messaging, 25),
        new Frozen(RunningGateway.Postgres, 25),
        new Frozen(RunningGateway.Redis, 15),
        new Frozen(RunningGateway.Messaging, 120),
        new Frozen(RunningGateway.Postgres, 120),
        new DatabaseFull(10),
        new JournalTorn(),
        new JournalFull(10),
        new RedisLost(3),
        new EverythingDown(),
        new AnythingAtRandom(12),
    ];
}
