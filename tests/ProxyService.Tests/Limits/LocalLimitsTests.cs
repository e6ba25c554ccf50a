using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Limits;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Limits;

/// <summary>What a replica lets in while Redis is away, and what it tells of that afterwards.</summary>
public sealed class LocalLimitsTests
{
    private readonly Guid key = Guid.CreateVersion7();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));
    private readonly LimitMemory memory = new();

    [Fact]
    public void BeforeAnybodyHasCounted_TheShareIsThatOfTheSetting()
    {
        var local = Local(replicas: 4);
        Assert.Equal(25, Admitted(local, new AccessKeyLimits(RequestsPerDay: 100), 200));

        local.Replicas = 2;
        Assert.Equal(25, Admitted(local, new AccessKeyLimits(RequestsPerDay: 100), 200));
    }

    [Fact]
    public void Share_OfALargeBudget_IsNotCut()
    {
        var local = Local(replicas: 4);
        memory.Remember(key, new Spent(1, Spent.DayOf(time.GetUtcNow()), 0, 0, 0, Spent.MonthOf(time.GetUtcNow()), 10_000_000_000, 0));

        Assert.Equal(LimitKind.None, local.Reserve(Demand(new AccessKeyLimits(TokensPerMonth: 20_000_000_000))).Reached);
        Assert.Equal(LimitKind.TokensPerMonth, local.Reserve(Demand(new AccessKeyLimits(TokensPerMonth: 10_000_000_000))).Reached);
    }

    [Fact]
    public void Close_TellsWhatWasSpent_Once_AndWhatIsSettledLaterIsNotTaken()
    {
        var local = Local(replicas: 1);
        var limits = new AccessKeyLimits(TokensPerDay: 1000);
        var (first, second) = (Demand(limits, tokens: 100, cost: 7), Demand(limits, tokens: 100, cost: 7));
        local.Reserve(first);
        local.Reserve(second);
        Assert.True(local.TrySettle(first, 40, 3));

        Assert.Equal((limits, new Spent(0, Spent.DayOf(time.GetUtcNow()), 2, 140, 10, Spent.MonthOf(time.GetUtcNow()), 140, 10)), local.Close(key));
        Assert.Null(local.Close(key));
        Assert.False(local.TrySettle(second, 40, 3));

        Assert.Equal(LimitKind.None, local.Reserve(Demand(limits, tokens: 1000)).Reached);
        Assert.Equal(1000, local.Close(key)!.Value.Spent.DayTokens);
    }

    [Fact]
    public void Spent_IsAddedUpByDayAndMonth()
    {
        Spent thursday = new(0, 100, 1, 10, 3, 24_000, 500, 50), friday = new(0, 101, 2, 20, 6, 24_000, 20, 6);

        Assert.Equal(new Spent(0, 101, 2, 20, 6, 24_000, 520, 56), thursday.Plus(friday));
        Assert.Equal(new Spent(0, 101, 2, 20, 6, 24_000, 520, 56), friday.Plus(thursday));
        Assert.Equal(new Spent(0, 101, 4, 40, 12, 24_000, 40, 12), friday.Plus(friday));
    }

    [Theory]
    [InlineData(CommandStatus.WaitingInBacklog, 5, 1)]
    [InlineData(CommandStatus.Sent, 0, 1)]
    public async Task NewsThatDidNotArrive_AreToldAgain_ThoseThatMayHaveAreNotCountedTwice(CommandStatus status, long tokens, int given)
    {
        var tab = new LimitTab(key);
        var demand = Demand(new AccessKeyLimits(TokensPerDay: 1000, Concurrency: 10), tokens: 5);
        tab.Settle(demand, 10, 0);
        var asked = new TaskCompletionSource();
        LimitBatches batches = new(
            (_, _) =>
            {
                asked.TrySetResult();
                return Task.FromException<byte[]?>(new RedisConnectionException(ConnectionFailureType.SocketClosed, CommandFlags.None, "gone", null, status));
            },
            () => false,
            memory,
            TimeProvider.System);

        batches.Tell(tab, isUrgent: true);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await TestKit.Eventually.TrueAsync(() => Task.FromResult(batches.IsIdle), TimeSpan.FromSeconds(30), "the failure taken note of");

        Assert.True(tab.HasNews());
        var (_, news) = tab.Take();
        Assert.Equal((tokens, given), (news.Tokens, news.Given.Count));
    }

    private LocalLimits Local(int replicas) => new(memory, new FixedOptions<LimitsOptions>(new LimitsOptions { Replicas = replicas }), time);

    private LimitDemand Demand(AccessKeyLimits limits, long tokens = 0, long cost = 0) => new(key, limits, tokens, cost, Guid.CreateVersion7());

    private int Admitted(LocalLimits local, AccessKeyLimits limits, int asked) => Enumerable.Range(0, asked).Count(_ => local.Reserve(Demand(limits)).Reached == LimitKind.None);
}
