using System.Net;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Forwarding;

public sealed class ModelCatalogueTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task KeyThatCannotBeDecrypted_IsLeftOut_AndAnotherIsAsked()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, """{"models":[{"name":"models/m-one"}]}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [], ("Forwarding:MaximumAttempts", "1"));
        gateway.AddUnreadableKey();
        using var none = await gateway.Client.GetAsync("/v1/models", TestContext.Current.CancellationToken);
        gateway.UseKeys([(Key, null)]);
        var unreadable = gateway.AddUnreadableKey();

        var listed = await gateway.Client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, none.StatusCode);
        Assert.Contains("m-one", listed, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Ledger.Facts, fact => fact.Attempts.Any(attempt => attempt.KeyId == unreadable));
    }

    [Fact]
    public async Task OldList_IsGivenAtOnce_AndRenewedBehindIt()
    {
        var silent = new TaskCompletionSource();
        var asked = 0;
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            if (Interlocked.Increment(ref asked) == 1)
            {
                await StubUpstream.JsonAsync(context, 200, """{"models":[{"name":"models/m-old"}]}""");
                return;
            }

            await silent.Task;
            await StubUpstream.JsonAsync(context, 200, """{"models":[{"name":"models/m-new"}]}""");
        });
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], time);
        await gateway.Client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromMinutes(11));

        // The upstream says nothing: whoever asks meanwhile gets what is known.
        for (var i = 0; i < 5; i++)
        {
            Assert.Contains("m-old", await gateway.Client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref asked) == 2), Patience, "the list asked for again, once");
        silent.SetResult();
        await Eventually.TrueAsync(async () => (await gateway.Client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken)).Contains("m-new", StringComparison.Ordinal), Patience, "the new list");
        Assert.Equal(2, Volatile.Read(ref asked));
        Assert.All(gateway.Ledger.Facts, fact => Assert.Equal(RequestOutcome.Succeeded, fact.Outcome));
    }
}
