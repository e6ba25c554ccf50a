using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;

namespace GeminiBalance.KeyHealthService.Guarding;

/// <summary>More than half of the pool failed alike within ten seconds: nothing is taken out of the pool for that until it ends.</summary>
internal sealed record PoolAlarmRaised(Guid AlarmId, UpstreamOutcomeClass Outcome, int Failing, int Serving, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>The failures of an alarm came to an end.</summary>
internal sealed record PoolAlarmEnded(Guid AlarmId, UpstreamOutcomeClass Outcome, string By, DateTimeOffset At) : IPoolEvent;
