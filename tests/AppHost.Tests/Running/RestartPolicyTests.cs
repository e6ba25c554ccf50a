using Xunit;

namespace GeminiBalance.AppHost.Tests.Running;

public sealed class RestartPolicyTests
{
    private static readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly RestartPolicy _policy = new();

    [Fact]
    public void Exits_OneAfterAnother_WaitLongerThenGiveUp()
    {
        var waits = Enumerable.Range(0, 5).Select(i => _policy.OnExit(_start.AddSeconds(i), TimeSpan.Zero, refused: false)?.TotalSeconds);

        Assert.Equal([1, 2, 4, 8, null], waits);
    }

    [Fact]
    public void Exits_FarApart_NeverGiveUp()
    {
        var waits = Enumerable.Range(0, 20).Select(i => _policy.OnExit(_start.AddSeconds(i * 20), TimeSpan.Zero, refused: false)?.TotalSeconds).ToArray();

        Assert.DoesNotContain(null, waits);
        Assert.Equal(30, waits[^1]);
    }

    [Fact]
    public void Exit_AfterALongRun_WaitsLittle()
    {
        for (var i = 0; i < 4; i++) _policy.OnExit(_start.AddSeconds(i), TimeSpan.Zero, refused: false);

        Assert.Equal(1, _policy.OnExit(_start.AddHours(1), TimeSpan.FromHours(1), refused: false)?.TotalSeconds);
    }

    [Fact]
    public void Refusal_Repeated_GivesUpAtOnce()
    {
        Assert.NotNull(_policy.OnExit(_start, TimeSpan.Zero, refused: true));
        Assert.Null(_policy.OnExit(_start.AddSeconds(2), TimeSpan.Zero, refused: true));
    }
}
