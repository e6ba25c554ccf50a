using System.Net;
using GeminiBalance.GeminiSimulator.Keys;
using GeminiBalance.GeminiSimulator.Scripts;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Scripts;

public sealed class ScriptChoiceTests(SharedSimulator shared) : SimulatorTest(shared)
{
    [Fact]
    public async Task Script_Times_IsUsedUp()
    {
        await Control.ScriptAsync(new Script("overloaded", Times: 2));

        Assert.Equal(new[] { 503, 503, 200 }, await StatusesAsync(3));
        Assert.Empty(await Control.ScriptsAsync());
    }

    [Fact]
    public async Task Script_KeyModelAndMethod_LimitIt()
    {
        var other = (await Control.KeysAsync()).Last(key => key.Behaviour is null);
        await Control.ScriptAsync(new Script("internal", Key: Key.Value, Model: "gemini-2.5-flash", Method: "generateContent"));

        Assert.Equal(HttpStatusCode.InternalServerError, (await GenerateAsync(Saying("x"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("x"), key: other.Value)).Status);
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("x"), "gemini-2.5-pro")).Status);
        Assert.Equal(HttpStatusCode.OK, (await StreamAsync(Saying("x"))).Status);
    }

    [Fact]
    public async Task Script_Probability_DrawsTheSameAfterAReset()
    {
        var statuses = new List<int[]>();
        for (var round = 0; round < 2; round++)
        {
            await Control.ResetAsync();
            await Control.ScriptAsync(new Script("overloaded", Probability: 0.5));
            statuses.Add(await StatusesAsync(30));
        }

        Assert.Equal(statuses[0], statuses[1]);
        Assert.InRange(statuses[0].Count(status => status == 503), 5, 25);
    }

    [Fact]
    public async Task Script_LaterOneWins_AndHealthyShieldsABadKey()
    {
        var bad = (await Control.KeysAsync()).First(key => key.Behaviour == "suspended");
        Assert.Equal(HttpStatusCode.Forbidden, (await GenerateAsync(Saying("x"), key: bad.Value)).Status);
        await Control.ScriptAsync(new Script("healthy", Key: bad.Value));
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("x"), key: bad.Value)).Status);
        await Control.ClearScriptsAsync(bad.Value);
        Assert.Equal(HttpStatusCode.Forbidden, (await GenerateAsync(Saying("x"), key: bad.Value)).Status);
    }

    [Fact]
    public async Task Key_Flaky_AnswersSomeAndFailsSome()
    {
        await Control.PutKeyAsync(new SimulatedKey("flaky-key", "flaky", "p", "flaky"));
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 40; i++)
        {
            statuses.Add((await GenerateAsync(Saying("x"), key: "flaky-key")).Status);
        }

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable], statuses.Distinct().Order());
    }

    [Fact]
    public async Task Key_QuotaUsedUp_StillListsModels()
    {
        var exhausted = (await Control.KeysAsync()).First(key => key.Behaviour == "quota-day");

        Assert.Equal(HttpStatusCode.TooManyRequests, (await GenerateAsync(Saying("x"), key: exhausted.Value)).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/v1beta/models", exhausted.Value)).Status);
    }

    [Theory]
    [InlineData("dance")]
    [InlineData("finish:")]
    [InlineData("replay:nothing")]
    [InlineData("replay:../../Program")]
    public async Task Script_Unknown_IsRefusedWithTheKnownOnes(string behaviour)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Control.ScriptAsync(new Script(behaviour)));

        Assert.Contains("error-mid-stream", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Marker_SwitchedOn_ScriptsThatOneRequest()
    {
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("do [sim:quota-day]"))).Status);
        await Control.MarkersAsync(true);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await GenerateAsync(Saying("do [sim:quota-day] please"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("[sim:unknown]"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("plain"))).Status);
        await Assert.ThrowsAnyAsync<Exception>(() => StreamAsync(Saying("[sim:cut:2] [words:50]")));
        Assert.Equal(2, (await Control.LedgerAsync())[^1].Events);
    }

    private async Task<int[]> StatusesAsync(int count)
    {
        var statuses = new int[count];
        for (var i = 0; i < count; i++)
        {
            statuses[i] = (int)(await GenerateAsync(Saying("x"))).Status;
        }

        return statuses;
    }
}
