using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.GeminiSimulator.Scripts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.Integration.Tests.Bus;

/// <summary>What another program would see on the bus.</summary>
public sealed class WireTests(GatewayFixture gateway)
{
    private static readonly TimeSpan Sent = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task RequestsCompleted_OnTheWire_HasItsNameItsIdAndTheContractsJson()
    {
        using var response = await gateway.ChatAsync("seen on the bus");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var id = response.Headers.GetValues("x-request-id").Single();

        var message = await Eventually.ValueAsync(() => Task.FromResult(gateway.Bus.Messages.FirstOrDefault(tapped => Text(tapped).Contains(id, StringComparison.Ordinal))), Sent, "the request's fact on the bus");

        Assert.Equal("gb.requests-completed.v1", message.Exchange);
        var batch = Read(message, "gb:requests-completed:v1", ContractsJson.Default.RequestsCompleted);
        Assert.Equal(batch.BatchId.ToString(), message.MessageId);
        Assert.InRange(batch.Facts.Count, 1, RequestsCompleted.MaximumFacts);
        var fact = Assert.Single(batch.Facts, fact => fact.Id.ToString() == id);
        Assert.Equal((RequestOutcome.Succeeded, 200, "gemini-2.5-flash"), (fact.Outcome, fact.Status, fact.ModelAsked));
        Assert.Equal((fact.KeyId, UpstreamOutcomeClass.Succeeded), (fact.Attempts[^1].KeyId, fact.Attempts[^1].Outcome));
        Assert.True(fact.Tokens?.Total > 0);
        Assert.NotNull(fact.TraceParent);
    }

    [Fact]
    public async Task KeyAttemptsFailed_OnTheWire_BlamesTheKeyWithoutShowingIt()
    {
        var victim = (await gateway.Simulator.KeysAsync()).Last(key => key.Behaviour is null);
        var known = (await gateway.KeysAsync()).Single(key => key.Label == victim.Label);
        await gateway.Simulator.ScriptAsync(new Script("key-invalid", Key: victim.Value));
        try
        {
            var message = await Eventually.ValueAsync(async () =>
            {
                using var response = await gateway.ChatAsync("whose turn is it?");
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                return gateway.Bus.Messages.FirstOrDefault(tapped => tapped.Exchange == "gb.key-attempts-failed.v1" && Text(tapped).Contains(known.Id.ToString(), StringComparison.Ordinal));
            }, TimeSpan.FromSeconds(30), "the failure on the bus");

            var batch = Read(message, "gb:key-attempts-failed:v1", ContractsJson.Default.KeyAttemptsFailed);
            Assert.Equal(batch.BatchId.ToString(), message.MessageId);
            var failure = batch.Failures.First(failure => failure.KeyId == known.Id);
            Assert.Equal((UpstreamOutcomeClass.KeyInvalid, 400, "API_KEY_INVALID"), (failure.Outcome, failure.Status, failure.Reason));
            Assert.DoesNotContain(victim.Value, Text(message), StringComparison.Ordinal);
        }
        finally
        {
            await gateway.Simulator.ClearScriptsAsync();
            await gateway.HealAsync(known.Id);
        }
    }

    private static T Read<T>(TappedMessage message, string urn, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        var envelope = JsonNode.Parse(message.Body)!;
        Assert.Equal(urn, (string?)Assert.Single(envelope["messageType"]!.AsArray()));
        var read = envelope["message"].Deserialize(type)!;

        // Nothing more and nothing less than the contract says, word for word.
        Assert.True(JsonNode.DeepEquals(JsonSerializer.SerializeToNode(read, type), envelope["message"]), envelope["message"]!.ToJsonString());
        return read;
    }

    private static string Text(TappedMessage message) => System.Text.Encoding.UTF8.GetString(message.Body);
}
