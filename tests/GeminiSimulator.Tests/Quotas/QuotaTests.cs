using System.Net;
using GeminiBalance.GeminiSimulator.Quotas;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Quotas;

public sealed class QuotaTests(SharedSimulator shared) : SimulatorTest(shared)
{
    [Fact]
    public async Task Quota_RequestsPerMinute_IsTheProjectsAndComesBackWithTheMinute()
    {
        await ShiftToAsync(TimeSpan.Zero, second: 5);
        var sibling = Key with { Value = "sibling", Label = "sibling" };
        await Control.PutKeyAsync(sibling);
        await Control.QuotaAsync(Key.Project, "gemini-2.5-flash", new QuotaLimits(2, null, null));

        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("1"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("2"), key: sibling.Value)).Status);
        var refused = await GenerateAsync(Saying("3"));
        Assert.Equal("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", (string?)refused.Detail("QuotaFailure")!["violations"]![0]!["quotaId"]);
        Assert.Matches("^5[0-5]s$", (string)refused.Detail("RetryInfo")!["retryDelay"]!);
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("4"), "gemini-2.5-pro")).Status);

        await ShiftToAsync(TimeSpan.FromMinutes(1), second: 5);
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("5"))).Status);
    }

    [Fact]
    public async Task Quota_TokensPerMinute_CountsPromptTokens()
    {
        await ShiftToAsync(TimeSpan.Zero, second: 5);
        await Control.QuotaAsync("*", "*", new QuotaLimits(null, 10, null));

        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("six wo rds of to kens"))).Status);
        var refused = await GenerateAsync(Saying("five to ken s more"));
        Assert.Equal("GenerateContentInputTokensPerModelPerMinute-FreeTier", (string?)refused.Detail("QuotaFailure")!["violations"]![0]!["quotaId"]);
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("four to ken s"))).Status);
    }

    [Fact]
    public async Task Quota_RequestsPerDay_ComesBackAtPacificMidnight()
    {
        await Control.QuotaAsync(Key.Project, "*", new QuotaLimits(null, null, 1));
        var pacific = TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles");
        var here = TimeZoneInfo.ConvertTime((await Control.ClockAsync()).Now!.Value, pacific);
        var lastMinute = here.Date.AddDays(1).AddMinutes(-1) - here.DateTime;
        await Control.ShiftClockAsync(lastMinute);

        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("1"))).Status);
        var refused = await GenerateAsync(Saying("2"));
        Assert.Equal("GenerateRequestsPerDayPerProjectPerModel-FreeTier", (string?)refused.Detail("QuotaFailure")!["violations"]![0]!["quotaId"]);
        Assert.Equal("1", (string?)refused.Detail("QuotaFailure")!["violations"]![0]!["quotaValue"]);

        await Control.ShiftClockAsync(lastMinute + TimeSpan.FromMinutes(1.5));
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("3"))).Status);
    }

    [Fact]
    public async Task Quota_Zero_SaysTheModelIsNotOffered()
    {
        await Control.QuotaAsync("*", "gemini-3.1-pro", new QuotaLimits(null, null, 0));
        var refused = await GenerateAsync(Saying("x"), "gemini-3.1-pro-preview");

        Assert.Contains("limit: 0, model: gemini-3.1-pro\n", refused.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("x"))).Status);
    }

    [Fact]
    public async Task Quota_Embeddings_HaveTheirOwnNames()
    {
        await Control.QuotaAsync("*", "*", new QuotaLimits(null, null, 1));
        const string body = """{"content":{"parts":[{"text":"a"}]}}""";
        await PostAsync("/v1beta/models/gemini-embedding-2:embedContent", body);
        var refused = await PostAsync("/v1beta/models/gemini-embedding-2:embedContent", body);

        Assert.StartsWith("EmbedContentRequestsPerDay", (string?)refused.Detail("QuotaFailure")!["violations"]![0]!["quotaId"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quota_RefusedAndInvalidRequests_AreNotCounted()
    {
        await Control.QuotaAsync(Key.Project, "gemini-2.5-flash", new QuotaLimits(null, null, 1));
        await PostAsync("/v1beta/models/gemini-2.5-flash:generateContent", "{}");
        await GenerateAsync(Saying("x"));
        await GenerateAsync(Saying("x"));

        var view = Assert.Single(await Control.QuotasAsync());
        Assert.Equal((1, 1), (view.DayRequests, view.Limits!.RequestsPerDay));
        await Control.QuotaAsync(Key.Project, "gemini-2.5-flash", null);
        Assert.Equal(HttpStatusCode.OK, (await GenerateAsync(Saying("x"))).Status);
    }

    /// <summary>Puts the clock at a second of a minute, so that no minute ends in the middle of a test.</summary>
    private async Task ShiftToAsync(TimeSpan further, int second)
    {
        var clock = await Control.ClockAsync();
        var now = clock.Now!.Value + further;
        var away = second - (now.Second + (now.Millisecond / 1000.0));
        await Control.ShiftClockAsync(TimeSpan.FromSeconds(clock.ShiftSeconds + away) + further);
    }
}
