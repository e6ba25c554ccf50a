using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Messaging;
using MassTransit;
using MassTransit.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests.Messaging;

public sealed class WireNamesTests
{
    [Theory]
    [InlineData(typeof(RequestsCompleted), "gb:requests-completed:v1", "gb.requests-completed.v1")]
    [InlineData(typeof(KeyAttemptsFailed), "gb:key-attempts-failed:v1", "gb.key-attempts-failed.v1")]
    [InlineData(typeof(KeyUsageReported), "gb:key-usage-reported:v1", "gb.key-usage-reported.v1")]
    [InlineData(typeof(KeyChanged), "gb:key-changed:v1", "gb.key-changed.v1")]
    [InlineData(typeof(AccessKeyChanged), "gb:access-key-changed:v1", "gb.access-key-changed.v1")]
    [InlineData(typeof(SettingsChanged), "gb:settings-changed:v1", "gb.settings-changed.v1")]
    [InlineData(typeof(ModelChanged), "gb:model-changed:v1", "gb.model-changed.v1")]
    [InlineData(typeof(OperatorActed), "gb:operator-acted:v1", "gb.operator-acted.v1")]
    public void Message_OnTheBus_GoesByItsWrittenName(Type type, string urn, string entity)
    {
        Assert.Equal(urn, MessageUrn.ForType(type).ToString());
        Assert.Equal(entity, Assert.IsType<EntityNameAttribute>(Assert.Single(type.GetCustomAttributes(typeof(EntityNameAttribute), false))).EntityName);
    }

    [Fact]
    public void EveryMessageRecord_HasAWrittenName()
    {
        var messages = typeof(RequestsCompleted).Assembly.GetTypes().Where(type => type.GetProperty("BatchId") is not null && type.Namespace == "GeminiBalance.Contracts");

        Assert.All(messages, type => Assert.NotEmpty(type.GetCustomAttributes(typeof(MessageUrnAttribute), false)));
    }

    [Fact]
    public async Task Message_SentAndConsumed_KeepsItsIdAndContent()
    {
        await using var services = Bus();
        var harness = services.GetRequiredService<ITestHarness>();
        await harness.Start();
        var failure = new KeyAttemptFailure(Guid.CreateVersion7(), "gemini-2.5-pro", DateTimeOffset.UnixEpoch, UpstreamOutcomeClass.QuotaPerMinute, 429, null, "Q", 10, TimeSpan.FromSeconds(1.5), null);
        var message = new KeyAttemptsFailed(Guid.CreateVersion7(), "proxy-1", [failure]);

        await harness.Bus.Publish(message, context => context.MessageId = message.BatchId, TestContext.Current.CancellationToken);

        Assert.True(await harness.Consumed.Any<KeyAttemptsFailed>(TestContext.Current.CancellationToken));
        var consumed = harness.Consumed.Select<KeyAttemptsFailed>(TestContext.Current.CancellationToken).First().Context;
        Assert.Equal(message.BatchId, consumed.MessageId);
        Assert.Equal(failure, Assert.Single(consumed.Message.Failures));
    }

    [Fact]
    public async Task Message_InItsEnvelope_IsTheContractsJson()
    {
        await using var services = Bus();
        var harness = services.GetRequiredService<ITestHarness>();
        await harness.Start();
        var message = new KeyAttemptsFailed(Guid.CreateVersion7(), "proxy-1",
            [new KeyAttemptFailure(Guid.CreateVersion7(), "gemini-2.5-pro", DateTimeOffset.UnixEpoch, UpstreamOutcomeClass.QuotaPerMinute, 429, null, "Q", 10, TimeSpan.FromSeconds(1.5), null)]);

        await harness.Bus.Publish(message, TestContext.Current.CancellationToken);

        Assert.True(await harness.Consumed.Any<KeyAttemptsFailed>(TestContext.Current.CancellationToken));
        var body = harness.Consumed.Select<KeyAttemptsFailed>(TestContext.Current.CancellationToken).First().Context.ReceiveContext.GetBody();
        var envelope = JsonNode.Parse(body)!;
        Assert.Equal("gb:key-attempts-failed:v1", (string?)Assert.Single(envelope["messageType"]!.AsArray()));
        Assert.True(JsonNode.DeepEquals(JsonSerializer.SerializeToNode(message, ContractsJson.Default.KeyAttemptsFailed), envelope["message"]), envelope["message"]!.ToJsonString());
        Assert.DoesNotContain((byte)'\n', body);
    }

    private static ServiceProvider Bus() => new ServiceCollection()
        .AddMassTransitTestHarness(bus =>
        {
            // Only bounds a test that fails: a message that arrives ends the wait at once.
            bus.SetTestTimeouts(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
            bus.AddHandler((ConsumeContext<KeyAttemptsFailed> _) => Task.CompletedTask);
            bus.UsingInMemory((context, memory) =>
            {
                memory.UseContractsJson();
                memory.ConfigureEndpoints(context);
            });
        })
        .BuildServiceProvider(true);
}
