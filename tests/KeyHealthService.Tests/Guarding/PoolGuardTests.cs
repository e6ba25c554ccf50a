using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Guarding;
using GeminiBalance.KeyHealthService.Health;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Guarding;

public sealed class PoolGuardTests
{
    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(2, 3, false)]
    [InlineData(3, 5, true)]
    [InlineData(3, 6, false)]
    [InlineData(26, 50, true)]
    [InlineData(25, 50, false)]
    public void IsTrouble_MoreThanHalfOfAPool_IsNotTheKeysFault(int failing, int serving, bool trouble) => Assert.Equal(trouble, PoolGuard.IsTrouble(failing, serving));

    [Theory]
    [InlineData(KeyStatus.Invalid, true, false, KeyStatus.Degraded, "suspect")]
    [InlineData(KeyStatus.Forbidden, true, true, KeyStatus.Degraded, "suspect")]
    [InlineData(KeyStatus.Forbidden, false, true, KeyStatus.Degraded, "suspended")]
    [InlineData(KeyStatus.Invalid, false, true, KeyStatus.Invalid, "suspended")]
    [InlineData(KeyStatus.Forbidden, false, false, KeyStatus.Forbidden, "suspended")]
    [InlineData(KeyStatus.Healthy, true, true, KeyStatus.Healthy, "suspended")]
    public void Temper_Verdict_KeepsTheLastKeyAndAPoolInTrouble(KeyStatus to, bool trouble, bool last, KeyStatus tempered, string reason) =>
        Assert.Equal(new KeyVerdict(tempered, reason), PoolGuard.Temper(new KeyVerdict(to, "suspended"), trouble, last));
}
