using GeminiBalance.StatsService.Ingest;
using GeminiBalance.TestKit;
using MassTransit;
using MassTransit.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Ingest;

public sealed class FailureObserverTests
{
    [Fact]
    public async Task Message_ThatFails_LetsAbsentQueuesBeAskedForAgain()
    {
        await using var services = new ServiceCollection()
            .AddSingleton<AbsentQueues>()
            .AddMassTransitTestHarness(bus =>
            {
                bus.AddReceiveObserver<FailureObserver>();
                bus.AddConsumer<Choosy>();
            })
            .BuildServiceProvider(validateScopes: true);
        var harness = services.GetRequiredService<ITestHarness>();
        await harness.Start();
        var queues = services.GetRequiredService<AbsentQueues>();
        var now = DateTimeOffset.UnixEpoch;
        queues.Told("a", isThere: false, now);

        await harness.Bus.Publish(new Meal("soup"));
        await Eventually.TrueAsync(() => harness.Consumed.Any<Meal>(), TimeSpan.FromSeconds(30), "the good message is consumed");
        Assert.False(queues.IsDue("a", now));

        await harness.Bus.Publish(new Meal("stone"));
        await Eventually.TrueAsync(() => Task.FromResult(queues.IsDue("a", now)), TimeSpan.FromSeconds(30), "the failure is known");
        await harness.Stop();
    }

    public sealed record Meal(string Name);

    public sealed class Choosy : IConsumer<Meal>
    {
        public Task Consume(ConsumeContext<Meal> context) =>
            context.Message.Name == "stone" ? throw new UnreadableMessageException("Not this.") : Task.CompletedTask;
    }
}
