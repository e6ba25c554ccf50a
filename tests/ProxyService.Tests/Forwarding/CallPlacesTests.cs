using GeminiBalance.ProxyService.Forwarding;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Forwarding;

public sealed class CallPlacesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Place_GivenBack_GoesToWhoWaitedLongest()
    {
        var places = new CallPlaces();
        Assert.True(places.TryTake(1));
        var first = TakeAsync(places, 1);
        var second = TakeAsync(places, 1);
        Assert.False(places.TryTake(1));

        places.Return(1);
        Assert.True(await first);
        Assert.False(second.IsCompleted);
        places.Return(1);
        Assert.True(await second);
        places.Return(1);
        Assert.True(places.TryTake(1));
    }

    [Fact]
    public async Task Places_WhenFewer_AreFreeAgainOnlyBelowTheNewNumber()
    {
        var places = new CallPlaces();
        Assert.True(places.TryTake(3) && places.TryTake(3) && places.TryTake(3));
        var waiting = TakeAsync(places, 1);

        places.Return(1);
        places.Return(1);
        Assert.False(waiting.IsCompleted);
        places.Return(1);
        Assert.True(await waiting);
    }

    [Fact]
    public async Task Places_WhenMore_AreTakenAtOnce_ByAllWhoWait()
    {
        var places = new CallPlaces();
        Assert.True(places.TryTake(1));
        Task<bool>[] waiting = [TakeAsync(places, 1), TakeAsync(places, 1)];

        places.Return(2);

        Assert.All(await Task.WhenAll(waiting), Assert.True);
        Assert.False(places.TryTake(2));
        Assert.True(places.TryTake(3));
    }

    [Fact]
    public async Task Place_NoLongerWaitedFor_IsNobodys()
    {
        var places = new CallPlaces();
        using var gone = new CancellationTokenSource();
        Assert.True(places.TryTake(1));
        var left = places.TakeAsync(1, 3, Patience, gone.Token).AsTask();
        var tired = places.TakeAsync(1, 3, TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken).AsTask();
        await gone.CancelAsync();

        Assert.All(await Task.WhenAll(left, tired), Assert.False);
        places.Return(1);
        Assert.True(places.TryTake(1));
    }

    [Fact]
    public async Task Place_BeyondThoseWhoMayWait_IsRefusedAtOnce()
    {
        var places = new CallPlaces();
        Assert.True(places.TryTake(1));

        Assert.False(await places.TakeAsync(1, 0, Patience, TestContext.Current.CancellationToken));
    }

    private static Task<bool> TakeAsync(CallPlaces places, int most) => places.TakeAsync(most, 10, Patience, TestContext.Current.CancellationToken).AsTask();
}
