using GeminiBalance.StatsService.Ingest;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Ingest;

public sealed class AbsentQueuesTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Absent_LookedForAllDay_IsSeldomAskedFor()
    {
        var queues = new AbsentQueues();

        var asked = Looks(TimeSpan.FromDays(1)).Count(now => Asks(queues, "a", now, isThere: false));

        Assert.InRange(asked, 48, 56);
    }

    [Fact]
    public void Absent_AtTheStart_IsAskedForAgainAtOnce()
    {
        var queues = new AbsentQueues();

        var asked = Looks(TimeSpan.FromMinutes(2)).Where(now => Asks(queues, "a", now, isThere: false));

        Assert.Equal([0, 15, 45, 105], asked.Select(now => (int)(now - Start).TotalSeconds));
    }

    [Fact]
    public void There_LookedFor_IsAskedForEachTime()
    {
        var queues = new AbsentQueues();
        Asks(queues, "b", Start, isThere: false);

        Assert.All(Looks(TimeSpan.FromHours(1)), now => Assert.True(Asks(queues, "a", now, isThere: true)));
        Assert.False(queues.IsDue("b", Start));
    }

    [Fact]
    public void Absent_AfterAFailure_IsAskedForAtTheNextLookAndTheOneAfterIt()
    {
        var queues = new AbsentQueues();
        var looks = Looks(TimeSpan.FromHours(2)).ToArray();
        foreach (var now in looks[..^3])
        {
            Asks(queues, "a", now, isThere: false);
        }

        queues.Suspect();

        Assert.Equal([true, true, false], looks[^3..].Select(now => Asks(queues, "a", now, isThere: false)));
    }

    private static IEnumerable<DateTimeOffset> Looks(TimeSpan during)
    {
        for (var passed = TimeSpan.Zero; passed < during; passed += TimeSpan.FromSeconds(15))
        {
            yield return Start + passed;
        }
    }

    private static bool Asks(AbsentQueues queues, string queue, DateTimeOffset now, bool isThere)
    {
        if (!queues.IsDue(queue, now))
        {
            return false;
        }

        queues.Told(queue, isThere, now);
        return true;
    }
}
